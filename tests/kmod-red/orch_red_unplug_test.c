// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite orch_red_unplug: expected verdict not PASS, though all cases pass. The
 * device behind the channels loses its driver.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pci.h>
#include "orch_core.h"

/* Virtio's vendor, and the console's id before and after virtio 1.0. */
#define VIRTIO	0x1af4
static const unsigned int consoles[] = { 0x1003, 0x1043 };

static void green_before(struct kunit *test)
{
	struct orch_thread *t;

	t = orch_thread_create(test, NUMA_NO_NODE, NULL, "orch_green");
	KUNIT_EXPECT_TRUE(test, orch_thread_start(t));
}

static void red(struct kunit *test)
{
	struct pci_dev *dev = NULL;
	int i;

	for (i = 0; i < ARRAY_SIZE(consoles) && !dev; i++)
		dev = pci_get_device(VIRTIO, consoles[i], NULL);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	device_release_driver(&dev->dev);
	pci_dev_put(dev);
}

static struct kunit_case orch_red_unplug_cases[] = {
	KUNIT_CASE(green_before),
	KUNIT_CASE(red),
	{}
};

static struct kunit_suite orch_red_unplug_suite = {
	.name = "orch_red_unplug",
	.init = orch_suite_init,
	.exit = orch_end,
	.test_cases = orch_red_unplug_cases,
};

kunit_test_suite(orch_red_unplug_suite);

MODULE_DESCRIPTION("red: takes the channels away");
MODULE_LICENSE("GPL");
