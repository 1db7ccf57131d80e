/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest guest that proves an accelerator runs 64-bit code: entered
 * through PVH in 32-bit protected mode, it turns on paging and long mode,
 * counts a while in 64-bit code, and writes DONE to QEMU's isa-debug-exit
 * port, which ends QEMU with the status (DONE << 1) | 1.
 */
#define DONE		0x2a
#define EXIT_PORT	0xf4
#define ROUNDS		2000000

	/* XEN_ELFNOTE_PHYS32_ENTRY (xen/interface/elfnote.h) */
	.section .note.Xen, "a", @note
	.align	4
	.long	4, 4, 18
	.asciz	"Xen"
	.long	_start

	.text
	.code32
	.globl	_start
_start:
	cli
	/* one page directory of 2 MiB pages maps the first GiB */
	movl	$(pdpt + 3), pml4
	movl	$(pd + 3), pdpt
	movl	$pd, %edi
	movl	$0x83, %eax
	movl	$512, %ecx
1:	movl	%eax, (%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	1b

	movl	%cr4, %eax
	orl	$0x20, %eax		/* PAE */
	movl	%eax, %cr4
	movl	$pml4, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER */
	rdmsr
	orl	$0x100, %eax		/* LME */
	wrmsr
	movl	%cr0, %eax
	orl	$0x80000001, %eax	/* PG | PE */
	movl	%eax, %cr0
	lgdt	gdtr
	ljmp	$8, $start64

	.code64
start64:
	movq	$ROUNDS, %rcx
	xorq	%rax, %rax
2:	addq	%rcx, %rax
	decq	%rcx
	jnz	2b
	/* the sum has 41 bits: a CPU that is not in long mode can't hold it */
	movq	$(ROUNDS / 2 * (ROUNDS + 1)), %rdx
	cmpq	%rdx, %rax
	jne	3f
	movb	$DONE, %al
	outb	%al, $EXIT_PORT
3:	hlt
	jmp	3b

	.data
	.align	16
gdt:	.quad	0
	.quad	0x00af9a000000ffff	/* 64-bit code */
gdtr:	.word	. - gdt - 1
	.long	gdt

	.bss
	.align	4096
pml4:	.skip	4096
pdpt:	.skip	4096
pd:	.skip	4096
