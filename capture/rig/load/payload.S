/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest, as the program carries it. */
	.section .rodata
	.balign	16
	.globl	payload, payload_bytes
payload:
	.incbin	"guest.bin"
payload_end:
	.balign	4
payload_bytes:
	.long	payload_end - payload
	.section .note.GNU-stack,"",%progbits
