// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints how often the time stamp counter of this CPU counts, in kHz. Under TCG
 * the guest reads the host's (cpu_get_host_ticks() in QEMU's include/qemu/timer.h).
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define TRIES	20

struct sample {
	uint64_t ticks;
	double ns;
};

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* Of several, the one that was interrupted least. */
static struct sample take(void)
{
	struct sample best = { 0 };
	double shortest = 1e18;
	int i;

	for (i = 0; i < TRIES; i++) {
		double begin = now_ns();
		uint64_t ticks = __rdtsc();
		double end = now_ns();

		if (end - begin < shortest) {
			shortest = end - begin;
			best.ticks = ticks;
			best.ns = (begin + end) / 2;
		}
	}
	return best;
}

int main(void)
{
	struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
	struct sample first = take(), second;

	nanosleep(&pause, NULL);
	second = take();
	printf("%.0f\n", (second.ticks - first.ticks) / (second.ns - first.ns) * 1e6);
	return 0;
}
