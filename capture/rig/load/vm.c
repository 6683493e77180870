// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/rig/load/arch.h"

/* Of <linux/kvm.h>, where it is older. */
#ifndef KVM_CAP_DIRTY_LOG_RING_ACQ_REL
#define KVM_CAP_DIRTY_LOG_RING_ACQ_REL	223
#endif

/* payload.S */
extern const char payload[];
extern const uint32_t payload_bytes;

/* --- slots ------------------------------------------------------------------------------------ */

char *vm_slot_memory(const struct vm *vm, unsigned int slot)
{
	return vm->data + (slot - 1) * vm->slot_bytes;
}

gpa_t vm_slot_gpa(const struct vm *vm, unsigned int slot)
{
	return GPA_DATA + (slot - 1) * vm->slot_bytes;
}

void vm_set_slot(struct vm *vm, unsigned int slot, gpa_t gpa, uint64_t bytes, void *memory, uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .flags = flags, .guest_phys_addr = gpa, .memory_size = bytes,
		.userspace_addr = (uintptr_t)memory,
	};

	mark("memslot slot %u gpa %llx size %llx hva %llx flags %x", slot, (unsigned long long)gpa,
	     (unsigned long long)bytes, (unsigned long long)region.userspace_addr, flags);
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		die_errno("KVM_SET_USER_MEMORY_REGION");
}

void vm_restore_slot(struct vm *vm, unsigned int slot, uint32_t flags)
{
	vm_set_slot(vm, slot, vm_slot_gpa(vm, slot), vm->slot_bytes, vm_slot_memory(vm, slot), flags);
}

/* --- vCPUs ------------------------------------------------------------------------------------ */

void vm_harvest(struct vm *vm, struct vcpu *v)
{
	uint32_t n = 0;

	pthread_mutex_lock(&vm->mutex);
	for (;; n++, v->ring_at++) {
		struct kvm_dirty_gfn *gfn = &v->ring[v->ring_at % vm->load->ring];

		if (!(__atomic_load_n(&gfn->flags, __ATOMIC_ACQUIRE) & KVM_DIRTY_GFN_F_DIRTY))
			break;
		__atomic_store_n(&gfn->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
	}
	if (n)
		ioctl(vm->fd, KVM_RESET_DIRTY_RINGS, 0);
	pthread_mutex_unlock(&vm->mutex);
}

/* Return: true when there is something to do, false at the end. */
static bool wait_for_job(struct vcpu *v)
{
	struct vm *vm = v->vm;

	pthread_mutex_lock(&vm->mutex);
	v->idle = true;
	pthread_cond_broadcast(&vm->turn);
	while (!v->go && !v->quit)
		pthread_cond_wait(&vm->turn, &vm->mutex);
	v->go = false;
	pthread_mutex_unlock(&vm->mutex);
	return !v->quit;
}

static void lost(struct vcpu *v)
{
	pthread_mutex_lock(&v->vm->mutex);
	v->vm->failed = v->idle = v->quit = true;
	pthread_cond_broadcast(&v->vm->turn);
	pthread_mutex_unlock(&v->vm->mutex);
}

static void *vcpu_main(void *arg)
{
	struct vcpu *v = arg;
	char name[16];
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	snprintf(name, sizeof(name), "vcpu%u", v->id);
	pthread_setname_np(pthread_self(), name);
	for (;;) {
		enum arch_exit what;

		if (ioctl(v->fd, KVM_RUN, 0) < 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			/* The host has just made this memory read-only: until it may be written again. */
			if (errno == EFAULT && !usleep(100))
				continue;
			fprintf(stderr, "mmulab-kvmload: vCPU %u: KVM_RUN: %s\n", v->id, strerror(errno));
			what = ARCH_WRONG;
		} else if (v->run->exit_reason == KVM_EXIT_DIRTY_RING_FULL) {
			vm_harvest(v->vm, v);
			continue;
		} else {
			what = arch_exit(v);
		}
		if (what == ARCH_WRONG)
			break;
		if (what == ARCH_DONE && !wait_for_job(v))
			return NULL;
	}
	lost(v);
	return NULL;
}

void vm_start(struct vm *vm, unsigned int id, const struct job *job)
{
	struct vcpu *v = &vm->vcpus[id];
	struct mailbox *m = v->mailbox;

	m->op = job->op;
	m->base = GPA_DATA + job->offset;
	m->bytes = job->bytes;
	m->page = vm->page;
	m->count = job->count;
	m->seed = prng_next(&vm->chance);
	m->write_percent = job->write_percent;
	m->execute_percent = job->execute_percent;
	m->device_permille = job->device_permille;
	m->value = job->value;
	m->stop = 0;
	pthread_mutex_lock(&vm->mutex);
	if (!v->quit) {
		v->go = true;
		v->idle = false;
	}
	pthread_cond_broadcast(&vm->turn);
	pthread_mutex_unlock(&vm->mutex);
}

void vm_start_all(struct vm *vm, const struct job *job)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		vm_start(vm, i, job);
}

static bool all_idle(const struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		if (!vm->vcpus[i].idle)
			return false;
	return true;
}

bool vm_idle(struct vm *vm)
{
	bool idle;

	pthread_mutex_lock(&vm->mutex);
	idle = all_idle(vm);
	pthread_mutex_unlock(&vm->mutex);
	return idle;
}

void vm_wait(struct vm *vm)
{
	pthread_mutex_lock(&vm->mutex);
	while (!all_idle(vm))
		pthread_cond_wait(&vm->turn, &vm->mutex);
	pthread_mutex_unlock(&vm->mutex);
}

void vm_stop(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		vm->vcpus[i].mailbox->stop = 1;
	vm_wait(vm);
}

void vm_touch_all(struct vm *vm, uint32_t write_percent, uint32_t execute_percent)
{
	uint64_t part = vm->bytes / vm->nr_vcpus & ~(vm->page - 1);

	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		const struct job job = {
			.op = OP_SEQUENCE, .offset = i * part, .bytes = part,
			.write_percent = write_percent, .execute_percent = execute_percent,
		};

		vm_start(vm, i, &job);
	}
	vm_wait(vm);
}

void vm_touch_hot(struct vm *vm, uint32_t write_percent)
{
	const struct job job = { .op = OP_HOT, .bytes = vm->bytes, .write_percent = write_percent };

	vm_start_all(vm, &job);
}

/* --- beginning and end --------------------------------------------------------------------------- */

static void *map(size_t bytes, int prot, int flags, int fd, off_t offset, void *where)
{
	void *p = mmap(where, bytes, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		die_errno("mmap");
	return p;
}

/* Data aligned to a block, so that huge pages can be huge in the guest. */
static void make_memory(struct vm *vm)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, prot = PROT_READ | PROT_WRITE;
	uintptr_t at;

	vm->low = map(LOW_BYTES, prot, flags, -1, 0, NULL);
	madvise(vm->low, LOW_BYTES, MADV_NOHUGEPAGE);
	at = (uintptr_t)map(vm->bytes + vm->block, PROT_NONE, flags, -1, 0, NULL);
	at = (at + vm->block - 1) & ~(vm->block - 1);
	vm->data = map(vm->bytes, prot, flags | MAP_FIXED, -1, 0, (void *)at);
	for (unsigned int s = 1; s <= vm->nr_slots; s++) {
		bool huge = vm->load->thp == 1 || (vm->load->thp == 2 && s % 2);

		madvise(vm_slot_memory(vm, s), vm->slot_bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	}
}

static void enable(struct vm *vm, uint32_t cap, uint64_t argument, const char *name)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { argument } };

	if (ioctl(vm->fd, KVM_ENABLE_CAP, &enable))
		die_errno(name);
}

static void make_vm(struct vm *vm)
{
	const struct load *l = vm->load;
	uint64_t ring_bytes = l->ring * sizeof(struct kvm_dirty_gfn);
	struct kvm_enable_cap ring = { .cap = KVM_CAP_DIRTY_LOG_RING_ACQ_REL, .args = { ring_bytes } };

	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		die_errno("/dev/kvm");
	vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		die_errno("KVM_CREATE_VM");
	vm->run_bytes = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (l->quirks)
		enable(vm, KVM_CAP_DISABLE_QUIRKS2, l->quirks, "--quirks");
	if (l->clear)
		enable(vm, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		       KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET, "--clear");
	if (l->ring && ioctl(vm->fd, KVM_ENABLE_CAP, &ring))
		enable(vm, KVM_CAP_DIRTY_LOG_RING, ring_bytes, "--ring");
	if (l->shadow_pages && ioctl(vm->fd, KVM_SET_NR_MMU_PAGES, l->shadow_pages))
		die_errno("--shadow-pages");
	arch_vm(vm);
}

static void make_vcpu(struct vm *vm, unsigned int id)
{
	struct vcpu *v = &vm->vcpus[id];

	v->vm = vm;
	v->id = id;
	v->mailbox = (struct mailbox *)(vm->low + GPA_MAILBOX + id * GUEST_PAGE);
	v->fd = ioctl(vm->fd, KVM_CREATE_VCPU, id);
	if (v->fd < 0)
		die_errno("KVM_CREATE_VCPU");
	v->run = map(vm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0, NULL);
	if (vm->load->ring)
		v->ring = map(vm->load->ring * sizeof(*v->ring), PROT_READ | PROT_WRITE, MAP_SHARED, v->fd,
			      KVM_DIRTY_LOG_PAGE_OFFSET * (off_t)vm->page, NULL);
	arch_vcpu(v);
	if (pthread_create(&v->thread, NULL, vcpu_main, v))
		die_errno("pthread_create");
}

void vm_open(struct vm *vm, const struct load *load)
{
	*vm = (struct vm){ .load = load, .nr_vcpus = load->vcpus, .nr_slots = load->slots };
	vm->page = (uint64_t)sysconf(_SC_PAGESIZE);
	vm->block = vm->page / 8 * vm->page;
	vm->slot_bytes = (((uint64_t)load->mib << 20) / vm->nr_slots) & ~(vm->page - 1);
	vm->bytes = vm->slot_bytes * vm->nr_slots;
	prng_seed(&vm->chance, load->seed);
	pthread_mutex_init(&vm->mutex, NULL);
	pthread_cond_init(&vm->turn, NULL);
	make_vm(vm);
	make_memory(vm);
	memcpy(vm->low + GPA_CODE, payload, payload_bytes);
	__builtin___clear_cache(vm->low + GPA_CODE, vm->low + GPA_CODE + payload_bytes);
	arch_tables(vm);
	vm_set_slot(vm, 0, 0, LOW_BYTES, vm->low, 0);
	for (unsigned int s = 1; s <= vm->nr_slots; s++)
		vm_restore_slot(vm, s, 0);
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		make_vcpu(vm, i);
	vm_wait(vm);
}

void vm_close(struct vm *vm)
{
	mark("teardown");
	pthread_mutex_lock(&vm->mutex);
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		vm->vcpus[i].quit = true;
	pthread_cond_broadcast(&vm->turn);
	pthread_mutex_unlock(&vm->mutex);
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		struct vcpu *v = &vm->vcpus[i];

		pthread_join(v->thread, NULL);
		munmap(v->run, vm->run_bytes);
		if (v->ring)
			munmap(v->ring, vm->load->ring * sizeof(*v->ring));
		close(v->fd);
	}
	close(vm->fd);
	close(vm->kvm);
	mark("vm closed");
}
