// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tight loop of system calls in which KVM's tracepoints fire, a known number of each call, and which do
 * little else: what recording costs is what the loop takes longer.
 *
 *	walk	KVM_TRANSLATE: KVM walks a guest's four levels of tables: 1 kvm_mmu_pagetable_walk and 4
 *		kvm_mmu_paging_element.  What a host without two-dimensional paging has millions of.
 *	line	KVM_IRQ_LINE: kvm_set_irq, kvm_pic_set_irq, kvm_ioapic_set_irq.  No vCPU is loaded, so it is the
 *		cheapest call of KVM's with events in it, and the most exact measure.
 *
 *	kvmloop walk|line CALLS
 *
 * prints events, ns of CPU and ns of clock per event (the median of its BATCHES), seconds of CPU of the whole
 * process.  Status 77 where there is no KVM, or none of x86.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#define BATCHES		9
#define GUEST_BYTES	(1u << 20)

#if !defined(__x86_64__)
int main(void)
{
	fputs("kvmloop: is of x86 hosts\n", stderr);
	return 77;
}
#else
struct loop {
	int		fd;
	unsigned long	request;
	void		*arg;
	unsigned int	events;		/* of each call */
};

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int give_up(const char *what)
{
	fprintf(stderr, "kvmloop: %s\n", what);
	return 77;
}

/* Four levels of tables in the guest's first pages map its page 5 at its address 0x5000. */
static void make_tables(uint64_t *guest)
{
	guest[0x1000 / 8] = 0x2027;
	guest[0x2000 / 8] = 0x3027;
	guest[0x3000 / 8] = 0x4027;
	guest[0x4000 / 8 + 5] = 0x5067;
}

static int set_up_walk(int vm, struct loop *l)
{
	static struct kvm_translation translation = { .linear_address = 0x5000 };
	uint64_t *guest = mmap(NULL, GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = { .memory_size = GUEST_BYTES, .userspace_addr = (uintptr_t)guest };
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	struct kvm_sregs s;

	if (guest == MAP_FAILED || vcpu < 0 || ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) || ioctl(vcpu, KVM_GET_SREGS, &s))
		return give_up("no guest can be made");
	make_tables(guest);
	s.cr0 = 0x80000001;	/* paging, protection */
	s.cr3 = 0x1000;
	s.cr4 = 0x20;		/* PAE */
	s.efer = 0x500;		/* long mode */
	s.cs.l = 1;
	s.cs.db = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &s) || ioctl(vcpu, KVM_TRANSLATE, &translation) || !translation.valid)
		return give_up("its tables cannot be walked");
	*l = (struct loop){ vcpu, KVM_TRANSLATE, &translation, 5 };
	return 0;
}

static int set_up_line(int vm, struct loop *l)
{
	static struct kvm_irq_level level = { .irq = 5 };

	if (ioctl(vm, KVM_CREATE_IRQCHIP, 0) || ioctl(vm, KVM_IRQ_LINE, &level))
		return give_up("no interrupt controller in the kernel");
	*l = (struct loop){ vm, KVM_IRQ_LINE, &level, 3 };
	return 0;
}

static int set_up(const char *what, struct loop *l)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);

	if (vm < 0)
		return give_up("no KVM here");
	if (!strcmp(what, "walk"))
		return set_up_walk(vm, l);
	return !strcmp(what, "line") ? set_up_line(vm, l) : give_up("walk or line");
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double cpu[BATCHES], wall[BATCHES];
	long calls = argc == 3 ? atol(argv[2]) / BATCHES : 0;
	struct loop l;
	int ret = calls > 0 ? set_up(argv[1], &l) : give_up("usage: kvmloop walk|line CALLS");

	if (ret)
		return ret;
	for (int i = 0; i < BATCHES; i++) {
		double c = seconds(CLOCK_THREAD_CPUTIME_ID), w = seconds(CLOCK_MONOTONIC);

		for (long n = 0; n < calls; n++)
			ioctl(l.fd, l.request, l.arg);
		cpu[i] = (seconds(CLOCK_THREAD_CPUTIME_ID) - c) / calls / l.events * 1e9;
		wall[i] = (seconds(CLOCK_MONOTONIC) - w) / calls / l.events * 1e9;
	}
	qsort(cpu, BATCHES, sizeof(*cpu), by_value);
	qsort(wall, BATCHES, sizeof(*wall), by_value);
	printf("%ld %.2f %.2f %.4f\n", BATCHES * calls * l.events, cpu[BATCHES / 2], wall[BATCHES / 2],
	       seconds(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
#endif
