/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RIG_LOAD_VM_H
#define CAPTURE_RIG_LOAD_VM_H

#include <pthread.h>

#include "capture/rig/load/load.h"
#include "capture/rig/load/proto.h"

/*
 * A VM without firmware, devices or interrupts: slot 0 holds the guest's code and tables, slots
 * 1 .. nr_slots its data.  All functions end the program when KVM refuses: there is nothing to
 * clean up that its end would not.
 */
#define SLOT_MAX	16

struct vm;

struct vcpu {
	struct vm	*vm;
	unsigned int	 id;
	int		 fd;
	struct kvm_run	*run;
	struct mailbox	*mailbox;
	pthread_t	 thread;
	/* Under vm->mutex. */
	bool		 idle, go, quit;
	struct kvm_dirty_gfn *ring;
	uint32_t	 ring_at;
};

struct vm {
	const struct load *load;
	int		 kvm, fd;
	unsigned int	 nr_vcpus, nr_slots;
	uint64_t	 page, block;		/* bytes: host page; what one entry a level up maps */
	uint64_t	 slot_bytes, bytes;	/* of one slot and of all, data only */
	char		*low, *data;
	size_t		 run_bytes;
	struct prng	 chance;
	pthread_mutex_t	 mutex;
	pthread_cond_t	 turn;
	struct vcpu	 vcpus[VCPU_MAX];
	bool		 failed;		/* a vCPU has ended, and said why */
};

/* What to touch, within [GPA_DATA + offset, + bytes); the rest is as in struct mailbox. */
struct job {
	enum op	 op;
	uint64_t offset, bytes;
	uint64_t count;
	uint32_t write_percent, execute_percent, device_permille;
	uint64_t value;
};

void vm_open(struct vm *vm, const struct load *load);
void vm_close(struct vm *vm);

/* Memory of slot @slot, 1 .. nr_slots, and where vm_open() put it. */
char *vm_slot_memory(const struct vm *vm, unsigned int slot);
gpa_t vm_slot_gpa(const struct vm *vm, unsigned int slot);
/* KVM_SET_USER_MEMORY_REGION; 0 bytes delete it. */
void vm_set_slot(struct vm *vm, unsigned int slot, gpa_t gpa, uint64_t bytes, void *memory, uint32_t flags);
/* vm_set_slot() as it was at first, but for @flags. */
void vm_restore_slot(struct vm *vm, unsigned int slot, uint32_t flags);

/* Starts vCPU @id, which is idle. */
void vm_start(struct vm *vm, unsigned int id, const struct job *job);
void vm_start_all(struct vm *vm, const struct job *job);
/* Until all are idle. */
void vm_wait(struct vm *vm);
bool vm_idle(struct vm *vm);
/* The jobs end after their next touch. */
void vm_stop(struct vm *vm);
/* Every page once, each vCPU its part; waits. */
void vm_touch_all(struct vm *vm, uint32_t write_percent, uint32_t execute_percent);
/* All touch all of it, mostly a part that wanders; until vm_stop(). */
void vm_touch_hot(struct vm *vm, uint32_t write_percent);

/* Dirty ring of a vCPU, read and reset. */
void vm_harvest(struct vm *vm, struct vcpu *v);

#endif
