-- SPDX-License-Identifier: GPL-2.0-or-later
-- A database as mmulab of schema 2 wrote it, by `sqlite3 r.db .dump`; two runs of test/fake_result.h.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE run (
	id		INTEGER PRIMARY KEY,
	time		TEXT NOT NULL,		-- when it was stored, UTC
	version		TEXT NOT NULL,		-- commit of mmulab
	trace		TEXT NOT NULL,
	trace_hash	TEXT NOT NULL,
	arch		TEXT NOT NULL,
	kernel		TEXT NOT NULL,
	runtime		TEXT NOT NULL CHECK (runtime IN ('vtime', 'threads')),
	pacing		TEXT NOT NULL,
	seed		INTEGER NOT NULL,	-- 64 bits, shown as signed
	clones		INTEGER NOT NULL,
	policy		TEXT NOT NULL,
	policy_text	TEXT NOT NULL,
	costs_text	TEXT NOT NULL,
	host_text	TEXT NOT NULL,
	assumed		TEXT NOT NULL,		-- facts the trace lacks and --assume granted
	command		TEXT NOT NULL,		-- how to repeat it
	status		TEXT NOT NULL,
	-- Times under real threads were measured; in virtual time a cost model made them.
	figures		TEXT NOT NULL GENERATED ALWAYS AS
			(CASE runtime WHEN 'threads' THEN 'measured' ELSE 'modelled' END) VIRTUAL
, access TEXT NOT NULL DEFAULT 'none', time_scale TEXT NOT NULL DEFAULT '1') STRICT;
INSERT INTO run VALUES(1,'2023-11-14T22:13:20Z','v0','T.mmt','T.mmt','x86','6.12.117+deb12-amd64','vtime','closed',1,1,'x86-6.12',replace('age.lock = write\nfault.lock = read\n','\n',char(10)),replace('[costs]\nexit_entry = 1000\n','\n',char(10)),replace('[host]\ncpus = 4\nhz = 250\n','\n',char(10)),'','mmulab replay T.mmt -p x86-6.12 --db results.db','done','none','1');
INSERT INTO run VALUES(2,'2023-11-14T22:13:20Z','v0','T.mmt','T.mmt','x86','6.12.117+deb12-amd64','threads','closed',1,1,'x86-6.1',replace('age.lock = write\nfault.lock = read\n','\n',char(10)),replace('[costs]\nexit_entry = 1000\n','\n',char(10)),replace('[host]\ncpus = 4\nhz = 250\n','\n',char(10)),'','mmulab replay T.mmt -p x86-6.12 --db results.db','done','none','1');
CREATE TABLE knob (
	run		INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
	name		TEXT NOT NULL,
	value		TEXT NOT NULL,
	PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;
INSERT INTO knob VALUES(1,'age.lock','write');
INSERT INTO knob VALUES(1,'fault.lock','read');
INSERT INTO knob VALUES(2,'age.lock','write');
INSERT INTO knob VALUES(2,'fault.lock','read');
CREATE TABLE metric (
	run		INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
	name		TEXT NOT NULL,
	unit		TEXT NOT NULL,		-- ns, ppm, count, bytes
	value		INTEGER NOT NULL,
	PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;
INSERT INTO metric VALUES(1,'access_waits_age','ns',197);
INSERT INTO metric VALUES(1,'accesses','count',12);
INSERT INTO metric VALUES(1,'age_time','ns',9600);
INSERT INTO metric VALUES(1,'avoided','count',0);
INSERT INTO metric VALUES(1,'faults','count',24);
INSERT INTO metric VALUES(1,'flushes','count',120);
INSERT INTO metric VALUES(1,'home_made','count',7);
INSERT INTO metric VALUES(1,'longest_stretch','ns',381234);
INSERT INTO metric VALUES(1,'retries','count',150);
INSERT INTO metric VALUES(1,'retry_hull','count',3);
INSERT INTO metric VALUES(1,'retry_open','count',6);
INSERT INTO metric VALUES(1,'run','ns',102551);
INSERT INTO metric VALUES(1,'stall','ns',10298);
INSERT INTO metric VALUES(1,'stall_lock_wait','ns',98);
INSERT INTO metric VALUES(1,'stall_service','ns',10200);
INSERT INTO metric VALUES(1,'stall_share','ppm',100417);
INSERT INTO metric VALUES(1,'vcpus','count',4);
INSERT INTO metric VALUES(1,'writers_wait_age','ns',0);
INSERT INTO metric VALUES(2,'access_waits_age','ns',86);
INSERT INTO metric VALUES(2,'accesses','count',9);
INSERT INTO metric VALUES(2,'age_time','ns',7200);
INSERT INTO metric VALUES(2,'avoided','count',0);
INSERT INTO metric VALUES(2,'faults','count',18);
INSERT INTO metric VALUES(2,'flushes','count',120);
INSERT INTO metric VALUES(2,'home_made','count',7);
INSERT INTO metric VALUES(2,'longest_stretch','ns',381234);
INSERT INTO metric VALUES(2,'retries','count',150);
INSERT INTO metric VALUES(2,'retry_hull','count',2);
INSERT INTO metric VALUES(2,'retry_open','count',4);
INSERT INTO metric VALUES(2,'run','ns',83134);
INSERT INTO metric VALUES(2,'stall','ns',7693);
INSERT INTO metric VALUES(2,'stall_lock_wait','ns',43);
INSERT INTO metric VALUES(2,'stall_service','ns',7650);
INSERT INTO metric VALUES(2,'stall_share','ppm',92536);
INSERT INTO metric VALUES(2,'vcpus','count',4);
INSERT INTO metric VALUES(2,'writers_wait_age','ns',0);
CREATE TABLE hist (
	run		INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
	op		TEXT NOT NULL,
	phase		TEXT NOT NULL,
	n		INTEGER NOT NULL,
	min_ns		INTEGER NOT NULL,
	mean_ns		INTEGER NOT NULL,
	p50_ns		INTEGER NOT NULL,
	p90_ns		INTEGER NOT NULL,
	p99_ns		INTEGER NOT NULL,
	p999_ns		INTEGER NOT NULL,
	max_ns		INTEGER NOT NULL,
	blob		BLOB NOT NULL,
	PRIMARY KEY (run, op, phase)
) STRICT;
INSERT INTO hist VALUES(1,'access','total',12,623,4482,3575,8167,8969,8969,8969,X'010cef0489469fa40300df0902a10402910602d91002d70202b10402970702b90202e30202d706026d02cf0102b49abaf3');
INSERT INTO hist VALUES(1,'access','lock_wait',12,0,32,0,173,221,221,221,X'010c00dd018a030014d902025f0286f8bdf1');
INSERT INTO hist VALUES(1,'access','lock_hold',12,155,1112,850,1986,2242,2242,2242,X'010c9b01c211a26800b70202890102c30102b10502ab0102c10102e90502b90202e30202d70604bd0202699cdb83');
INSERT INTO hist VALUES(1,'age','total',1,50978,50978,50978,50978,50978,50978,50978,X'0101a28e03a28e03a28e0300f3680263154d0e');
INSERT INTO hist VALUES(1,'age','lock_wait',1,2549,2549,2549,2549,2549,2549,2549,X'0101f513f513f51300f523028ce1e555');
INSERT INTO hist VALUES(2,'access','total',9,896,4003,3575,7945,7945,7945,7945,X'01098007893ec1990200810e02910602d91002d70202b10402970702b90202e30202d70602b5319255');
INSERT INTO hist VALUES(2,'access','lock_wait',9,0,19,0,173,173,173,173,X'010900ad01ad010010d902028d4d730b');
INSERT INTO hist VALUES(2,'access','lock_hold',9,224,995,850,1986,1986,1986,1986,X'0109e001c20f834600c10302c30102b10502ab0102c10102e90502b90202e30202d7060204e4a99d');
INSERT INTO hist VALUES(2,'age','total',1,50978,50978,50978,50978,50978,50978,50978,X'0101a28e03a28e03a28e0300f3680263154d0e');
INSERT INTO hist VALUES(2,'age','lock_wait',1,2549,2549,2549,2549,2549,2549,2549,X'0101f513f513f51300f523028ce1e555');
CREATE TABLE blame (
	run		INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
	waiter		TEXT NOT NULL,
	holder		TEXT NOT NULL,
	ns		INTEGER NOT NULL,
	n		INTEGER NOT NULL,
	PRIMARY KEY (run, waiter, holder)
) STRICT, WITHOUT ROWID;
INSERT INTO blame VALUES(1,'access','access',394,2);
INSERT INTO blame VALUES(1,'age','access',900,1);
INSERT INTO blame VALUES(2,'access','access',173,1);
INSERT INTO blame VALUES(2,'age','access',900,1);
CREATE TABLE series (
	run		INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
	name		TEXT NOT NULL,
	t		INTEGER NOT NULL,
	width		INTEGER NOT NULL,
	value		INTEGER NOT NULL,
	PRIMARY KEY (run, name, t)
) STRICT, WITHOUT ROWID;
INSERT INTO series VALUES(1,'access.lock_wait.max',82944,1024,173);
INSERT INTO series VALUES(1,'access.lock_wait.max',89088,1024,221);
INSERT INTO series VALUES(1,'access.n',11264,1024,1);
INSERT INTO series VALUES(1,'access.n',12288,1024,1);
INSERT INTO series VALUES(1,'access.n',24576,1024,1);
INSERT INTO series VALUES(1,'access.n',37888,1024,1);
INSERT INTO series VALUES(1,'access.n',55296,1024,1);
INSERT INTO series VALUES(1,'access.n',58368,1024,1);
INSERT INTO series VALUES(1,'access.n',59392,1024,1);
INSERT INTO series VALUES(1,'access.n',68608,1024,1);
INSERT INTO series VALUES(1,'access.n',82944,1024,1);
INSERT INTO series VALUES(1,'access.n',89088,1024,1);
INSERT INTO series VALUES(1,'access.n',92160,1024,1);
INSERT INTO series VALUES(1,'access.n',102400,1024,1);
INSERT INTO series VALUES(1,'access.total.max',11264,1024,7945);
INSERT INTO series VALUES(1,'access.total.max',12288,1024,896);
INSERT INTO series VALUES(1,'access.total.max',24576,1024,2668);
INSERT INTO series VALUES(1,'access.total.max',37888,1024,6234);
INSERT INTO series VALUES(1,'access.total.max',55296,1024,1289);
INSERT INTO series VALUES(1,'access.total.max',58368,1024,4892);
INSERT INTO series VALUES(1,'access.total.max',59392,1024,5523);
INSERT INTO series VALUES(1,'access.total.max',68608,1024,3012);
INSERT INTO series VALUES(1,'access.total.max',82944,1024,3574);
INSERT INTO series VALUES(1,'access.total.max',89088,1024,8166);
INSERT INTO series VALUES(1,'access.total.max',92160,1024,8969);
INSERT INTO series VALUES(1,'access.total.max',102400,1024,623);
INSERT INTO series VALUES(2,'access.lock_wait.max',82944,1024,173);
INSERT INTO series VALUES(2,'access.n',11264,1024,1);
INSERT INTO series VALUES(2,'access.n',12288,1024,1);
INSERT INTO series VALUES(2,'access.n',24576,1024,1);
INSERT INTO series VALUES(2,'access.n',37888,1024,1);
INSERT INTO series VALUES(2,'access.n',55296,1024,1);
INSERT INTO series VALUES(2,'access.n',58368,1024,1);
INSERT INTO series VALUES(2,'access.n',59392,1024,1);
INSERT INTO series VALUES(2,'access.n',68608,1024,1);
INSERT INTO series VALUES(2,'access.n',82944,1024,1);
INSERT INTO series VALUES(2,'access.total.max',11264,1024,7945);
INSERT INTO series VALUES(2,'access.total.max',12288,1024,896);
INSERT INTO series VALUES(2,'access.total.max',24576,1024,2668);
INSERT INTO series VALUES(2,'access.total.max',37888,1024,6234);
INSERT INTO series VALUES(2,'access.total.max',55296,1024,1289);
INSERT INTO series VALUES(2,'access.total.max',58368,1024,4892);
INSERT INTO series VALUES(2,'access.total.max',59392,1024,5523);
INSERT INTO series VALUES(2,'access.total.max',68608,1024,3012);
INSERT INTO series VALUES(2,'access.total.max',82944,1024,3574);
CREATE VIEW latency AS
	SELECT hist.run, run.policy, op, phase, n, min_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns, mean_ns, figures
	FROM hist JOIN run ON run.id = hist.run;
CREATE VIEW stall AS
	SELECT run.id AS run, policy, trace, clones, s.value AS stall_ns, p.value AS share_ppm, figures
	FROM run JOIN metric AS s ON s.run = run.id AND s.name = 'stall'
	LEFT JOIN metric AS p ON p.run = run.id AND p.name = 'stall_share';
CREATE VIEW blame_matrix AS
	SELECT blame.run, run.policy, waiter, holder, ns, n,
		CAST(ns * 1e6 / nullif(sum(ns) OVER (PARTITION BY blame.run), 0) AS INTEGER) AS share_ppm, figures
	FROM blame JOIN run ON run.id = blame.run;
CREATE VIEW summary AS
	SELECT metric.run, run.policy, trace, clones, name, unit, value, figures
	FROM metric JOIN run ON run.id = metric.run;
COMMIT;
PRAGMA application_id=1835890028; PRAGMA user_version=2;
