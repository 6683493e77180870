/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host task: ioctls, notifiers, reclaim; what lies between them is its own time. */
#include "replay/drive/drive.h"

/* Closed: the recorded gap since its previous stimulus was done. */
static void pace(struct drive_task *t, uint64_t due_ns)
{
	uint64_t begin_ns = rt_now_ns(), gap_ns;

	switch (t->drive->job->pacing) {
	case PACING_CLOSED:
		if (!t->started || due_ns <= t->recorded_end_ns)
			return;
		gap_ns = due_ns - t->recorded_end_ns;
		rt_idle(gap_ns);
		task_paced(t, gap_ns, rt_now_ns() - begin_ns);
		break;
	case PACING_OPEN:
		rt_idle_until(due_ns);
		break;
	case PACING_ASAP:
		break;
	}
}

void host_run(void *arg)
{
	struct drive_task *t = arg;
	struct stim s;

	while (task_next(t, &s)) {
		uint64_t due_ns = drive_scaled(t->drive, s.t_ns);

		pace(t, due_ns);
		t->started = true;
		op_run(t, &s);
		t->recorded_end_ns = due_ns + drive_scaled(t->drive, op_service_ns(s.ev));
	}
	rt_fetch_add(&t->drive->hosts_left, (uint64_t)-1);
	task_finish(t);
}
