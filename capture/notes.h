/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_NOTES_H
#define CAPTURE_NOTES_H

/*
 * What `mmulab capture` writes into trace_marker, and import reads: lines "mmulab: NAME=VALUE" of what no event tells.
 *
 *	kernel, preempt, thp.*, ...	settings of the kernel, as its files have them
 *	config.OPTION			the kernel's configuration
 *	cmdline.WORD			the kernel's command line
 *	MODULE.PARAMETER		kvm.tdp_mmu, kvm_amd.npt, kvm_intel.ept
 *	vm.PID				"1 VMs, 2 vCPUs, NAME": a process that has VMs
 *	threads.PID			"77 78 79": its threads
 *	vcpu.TID			the id of the vCPU that thread runs
 *	memslot.PID.KVM			"AS ID GFN PAGES ADDRESS FLAGS": one that the VM at KVM (its struct, hexadecimal)
 *					of that process has when the recording begins; from GFN on hexadecimal
 *	capture.vm			the process whose VM alone was recorded
 *	stat.begin.PID-FD.NAME		KVM's statistics of a VM, when the recording began,
 *	stat.end.PID-FD.NAME		and when it ended; those that are 0 are left out
 *	refused: WHAT: WHY		(no '=') what the host did not let be recorded
 *
 * Settings, configuration and parameters become parameters of the event file (event/meta.h) under the same
 * names; "preempt" is then one of none, voluntary, lazy, full, rt.
 */
#define NOTE_START	"mmulab: "
#define NOTE_REFUSED	"refused: "
#define NOTE_LINE_MAX	512		/* bytes of a line that are read */

#endif
