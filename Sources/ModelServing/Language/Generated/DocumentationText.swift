// Made by Tests/Golden/bytelm/make_embedded_text.py.

/// What this repository says of itself, as one text.
enum DocumentationText {
    static let text = ##"""
        # Tutorial

        ## One machine, one command

        builds the programs, starts a coordinator and thirty clients (four processes; each client has its own certificate and its own
        file, a Dirichlet(0.5) share of 80 % of the digits that only its owner may read), and trains an MLP 64-128-10 for thirty rounds.
        Secure aggregation is on: the clients are drawn into six groups of five, and the coordinator sees six sums a round and no client's
        update. Over the groups' means it takes the trimmed mean, which bears two modified clients. A line for each round says how it went;
        the last lines name the accuracy on the held-out fifth, the model file and its SHA-256, the traffic, the time, and what to
        do next:

        --keep DIR keeps every folder for looking at, --json FILE writes the figures. --processes P chooses how many processes
        the clients share. Two of the thirty can lie:

        Robustness has the attacks and what they do here.

        With fewer clients less is possible, and the quickstart says what. Ten make three groups of three or four, which bear one modified client;
        sums of three are for trying it out. Ten of whom two lie are too few for groups: the coordinator then sees every update, unless
        --secure on is given, which ends with the number it takes. Without secure aggregation the same seed gives the same SHA-256, with
        processes, with nodes that share them, and in one process (tutti-bench federate):

        ## Two hosts, six commands

        On the coordinator's host (10.77.0.1):

        On the data owner's host (10.77.0.2), with the token and the pin:

        Without --session the node takes part in every open session of its tenant that fits its data, until it is stopped. Back
        at the coordinator:

        loss and acc are the coordinator's, on a held-out set, when the session has one (--evaluation FILE); else the clients'
        own, of the model each round began with. node/sent.jsonl on the owner's host says what left it, a line each time; the last one:

        ## Certificates: renewal, revocation, a new authority

        Nodes that run look after their certificates themselves: each lives 30 days (trust.node_certificate_hours) and is replaced, key and all,
        when half of that is over. Sessions do not notice. identity show says until when one is good; for a node that is rarely on there is
        renew. Only a node that was off until its certificate ended needs a new token.

        Revocation ends everything a node has within a second: its certificates, its open connections, an upload that is under way.

        The authority itself is replaced while sessions run, in three steps. After each one ca show says what is next and which nodes it still
        waits for; those that run are there within seconds of their next request, five minutes at most.

        A step that would cut nodes off is refused and names them. Wait for them, or take it with --force: they are named once more and have to
        enrol again. Each step may be repeated, and a coordinator that dies in the middle of one goes on from it. From activate on nodes enrol
        with the new pin, which token create prints; tokens that are out with the old pin stay good, the pin beside them does not.

        ## What is left of it

        A session that has ended leaves a receipt: what was agreed, how many took part in each round, which model came of it, what protection held; \##
        signed,
        so that it can be shown to somebody who trusts neither the coordinator's database nor its operator's memory.

        Anybody who has the CA's pin can look at it, on any machine, without a network:

        The members' names are not in it, only the digest of their list; --roster members.json shows that a list is the one. The API
        says what is in a receipt, and how a program of yours reads it.

        ## When something does not work

        look at folder, settings, certificates, keys, disk, clocks, and at what answers on the coordinator's port. Each line that is not ok has a
        code and says what to do; What the doctors find has all of them.

        ## Many clients on one machine

        A client is a certificate and its rows, not a process. Two hundred of them from one command each, here with shares of one
        file; {} is the number of a client, {name} the name of its folder (so --dataset 'data/{name}.csv' gives each a file of
        its own):

        The nodes share threads, workspaces, the file and the model, which is fetched once for all; each has its own certificate,
        control channel, uploads, durable folder and policy. Nodes of one process can see each other's rows: whoever must not, runs
        a process of their own. One address may have 2,000 connections at the coordinator (server.max_connections_per_address),
        and a node has up to three; benchmarks/README.md says what a node costs.

        Without certificates, sockets and disks there is room for ten thousand. The same machines, messages and arithmetic run in
        one process, and end with the same SHA-256 as the quickstart does for the same clients, rounds, seed and aggregation:

        ## Other data

        --dataset also takes a NumPy archive (.npz, written by numpy.savez(file, x=rows, y=classes)), or a NumPy or IDX file of
        rows with --labels FILE for their classes. Images lie as [rows, height, width] or [rows, channels, height, width]; a session
        with "model_type": "cnn" takes square ones as they are, others with their shape in "model":

        ## Numbers instead of classes

        A session with "model_type": "linear" learns to predict a number: one linear layer, trained for the least mean squared error.
        Its clients say --task regression (or data.task in client.toml), and --label names the column of the numbers. They stay in
        their unit: a prediction is in it, RMSE and MAE are, and the loss is in its square. The learning rate need not fit that unit, for
        a linear model's steps grow with its targets; it must fit the features, so scale those (--scale standardize), or the rate that
        the steepest of them allows is too small for the others.

        With the diabetes data of scikit-learn (442 rows, ten measurements, progression after a year), from one file that two nodes share:

        (scikit-learn's LinearRegression on all the rows explains 0.5177 of their variance; the two nodes keep a fifth back. Which of
        them joins first decides the scaling for both, so the last digits may differ.)
        There is no accuracy anywhere, and nothing stands in for it: the table of rounds has -, the API null.

        ## Keeping the coordinator

        A backup holds the coordinator's secrets. Keeping a coordinator says what is in it, and what becomes of that which came after it.

        ## Using the model

        model export --card card.md (or card.json) also writes the model's card (Mitchell et al. 2019): what it is made of and from,
        what was measured on the session's test set and by the clients, what protects their rows and what does not. What was not measured
        it says was not; intended use and caveats are left for the model's owner.

        # Jobs and artifacts

        A job is work that somebody asks for now and looks at later. The coordinator keeps it in its database, runs it when its turn comes, and \##
        goes on
        with it after a restart.

        ## What a job goes through

        - Time. scheduled_at up to 400 days ahead; a past one is now. A job waits at most max_wait (seven days) from then on, and fails with what \##
        it lacked.
        - What it lacks. Before each run the runner is asked what is not there yet. That stands in blocked_by as {what, field, asked, have, fix}, \##
        is looked at
          every 30 s and whenever something is supplied. A type without a runner is blocked with what: "not_built", and starts by itself in a \##
        version that has one.
        - Whose turn it is. A tenant with less running goes first. Within a tenant high goes before normal before low, as if its jobs had come ten \##
        minutes
          earlier for each class: a low job that has waited twenty minutes goes before a high one that has just come, so nobody waits for ever. At \##
        most 32 jobs
          run at once, of one type at most 4, of fl_training, which mostly waits for clients, 20. Cancelled and finished jobs take no place.
        - Errors. A run that ends in an error which another try may mend is tried again after 10 s, 20 s, 40 s …, three times in all.
        - Cancelling. A queued job ends at once, a running one at its next checkpoint; whatever its run does meanwhile, it ends cancelled. A final \##
        job cannot be cancelled.
        - The same request again with the same Idempotency-Key gives the same job for a day; another request with that key is refused.
        - The estimate is the units that come before the job's end times the mean time of a unit, by the last 100 completed jobs of the type. \##
        Without any: null.
        - A tenant has at most 5,000 jobs that are not final, all tenants 20,000. Final ones are kept 90 days; their audit entries stay.

        ## Crashes

        A runner saves where it is in checkpoints (at most 64 KiB), each in one transaction with progress and log. After a crash the job goes on \##
        from its last one, so what
        was done since may be done again: whatever a runner asks of others carries a key made of the job's id and the step, by which they can tell. \##
        A coordinator that
        stops in peace lets its runners come to a checkpoint first (5 s), and nothing is done twice.

        What ends the process again and again is not run for ever: a job that was running three times when the process ended, without progress in \##
        between, fails as
        poison. Of jobs that were running at such an end one at a time is run, so that the one whose fault it is takes no other with it.

        Two processes never run one job: each start draws a number, a claim carries it, and the store refuses changes in the name of an older one.

        ## Types

        GET /api/v2/jobs/{job_id} and the job's page in the console say which session a training job trains and where it is, as soon as there is \##
        one.

        A parameter that the type does not read is ignored and named in the reply's notices; model_evaluation, explanation_batch and annealing read \##
        none
        yet, and nobody can say what they will.

        ## Artifacts

        What a job leaves is an artifact jobs/<id>/result of its tenant, kept 90 days. An artifact is content under a name (letters, digits, ., _, \##
        -, /, at most 256 bytes), at
        most 64 MiB, at most 2 GiB and 20,000 names a tenant. Another tenant's are not found. The same content is kept once, in artifacts/<sha256>, \##
        apart from models;
        it is verified when it is read, and removed with its last name: the row first, then the file, and a start clears away files without rows.

        ## For whoever writes a runner

        context.checkpoint is where to go on from; save(_:completed:total:) keeps the next place and ends a run that is to stop; progress does so \##
        without another
        place; wait(seconds:) wakes early when the run is to stop; log goes with the next checkpoint; key(_:) names a step for others. JobStop is \##
        thrown on as it is, JobRunError
        says in the runner's own words why it failed and whether to try again. Any other error is told as internal_error, and in full in the \##
        coordinator's log alone.

        # Webhooks

        A webhook is a place of yours that the coordinator tells what happened: an HTTPS URL, the names of events, and a secret that signs what is \##
        sent.
        Messages follow Standard Webhooks 1.0.0, so its libraries verify them.

        ## What is sent

        timestamp in the body is when it happened; webhook-timestamp is when this attempt was made. The body is frozen when it happens: every \##
        attempt sends the
        same bytes. webhook-id is the same for all attempts of one event to one webhook. Expect it twice and do your work once: a coordinator that \##
        is
        killed after it has sent, and before it has stored that, sends again.

        Verify before you parse, with the bytes as they came:

        A secret is whsec_ and the Base64 of at least 24 bytes, or any other text of 16 to 256 bytes, whose bytes are then the key \##
        (Webhook(text.encode())).
        Without one you get one, shown once.

        ## Endpoints

        All take the scope webhooks and see the webhooks of the caller's tenant; another tenant's are 404. Fields and types: enterprise.json,
        aisemble.json.

        Every write is in the tenant's audit, with who did it: made, deleted, disabled (also by a receiver's 410), enabled, a new secret, a \##
        delivery sent again.

        ## Events

        The list is closed: another name is refused, with the one that was probably meant. A webhook may name events that are not built: its view \##
        lists them in
        not_built, each with what it is blocked_by, and they are sent from the version on that has that. What is not known is null.

        An event is stored in the transaction of what it tells of, or, for alerts, of the numbers that fired them: a coordinator that is killed in
        between has neither or both. While the disk is full, alerts' events wait in memory. Alerts that still have their reason fire again after a \##
        restart, as
        alerts of their own.

        ## When it does not arrive

        Any 2xx is a delivery; the body of your answer is not read. Everything else is a failure, redirects too. Answer within 15 seconds, and work \##
        afterwards.

        - The waits between attempts double from retry_delay (60 s), plus at most a tenth by chance, a day at most. After max_retries (5) retries \##
        the delivery
          is dead.
        - Retry-After, in seconds or as a date, is obeyed within a day.
        - 410 disables the webhook at once; so do five days in which every attempt has failed. Its pending deliveries are given up. Nothing is \##
        stored for a
          webhook that is disabled.
        - Any delivery can be sent again on demand, delivered or dead, with its id and its bytes. Delivered ones are kept for seven days, dead ones \##
        for thirty.

        ## A new secret

        After a rotation messages have two signatures, with the new secret and with the old one, for a day or as long as you say (up to seven \##
        days). Change the
        receiver over in that time; a message is good when either signature is.

        ## Where it may lead

        Only https, to public addresses, on the ports in egress.ports (443 and 8443). The host's addresses are looked up anew at every attempt, all \##
        of them must be public,
        and the connection goes to one of exactly these. Addresses are written as four decimal numbers or as IPv6 in brackets. For hosts of your \##
        own the
        operator sets egress.allow:

        A block allows addresses, a host or a domain allows names wherever they lead; addresses at which clouds serve their metadata are never \##
        allowed. In profile
        local URLs that name this machine (127.0.0.1, [::1], localhost) may be http and on any port.

        ## Held against other libraries

        starts a coordinator, verifies what it delivers with standardwebhooks, also after a new secret and after kill -9 before and after sending, \##
        and reads and
        forges access tokens with PyJWT. The end-to-end tests run it where TUTTI_PYTHON names a Python that has both.

        ## Secrets at rest

        Secrets are sealed with AES-256-GCM under a key of the tenant, and that under master.key in the data folder (mode 0600). tutti.sqlite alone \##
        does not give them
        away. With a passphrase in a file of its own, master.key does not either:

        The file is read at the start (mode 0600, one line); a master.key without a passphrase gets it then. A new master key is made with secrets \##
        rotate. Without master.key sealed secrets cannot be opened by
        anybody, and the coordinator says so and does not start: keep it with the backups, in which it is.

        # The console

        A coordinator shows what it does in a browser, at / of its TLS port:

        !A session while it trains, as the browser test saw it

        Open that address and sign in with the administrator's key, the line in FOLDER/admin.key. The certificate is the coordinator's own: let
        the browser trust FOLDER/ca.pem, or compare the fingerprint it shows and go on. A browser that asks for a client certificate needs none.

        ## What is there

        Charts and tables say the same. Each point of a chart is a figure of a committed round and carries it as the table shows it; a test \##
        compares them.
        What was not measured is a dash and no point. Loss and accuracy are those of the coordinator's labelled rows; where it has none they are \##
        the clients'
        word of the model before, and the caption says so. An attempt that was aborted is in the table and not in the charts. At most 200 rounds are
        shown at a time; links lead to the others.

        What the server can see is said for the settings of that session: whether it reads single updates, which sums it opens, who adds
        the noise, whether clients tell their losses. The threat model has the reasons.

        Alerts are of the whole coordinator and of no tenant. They are in memory: what is over is listed since the coordinator began, the last 256 \##
        of them.

        While a session trains its page asks for itself every two seconds and puts what differs in the place of the old: the focus, the places of \##
        scrolled tables
        and text that is selected stay. A hidden page pauses. Each round is told to screen readers once. The lists of sessions,
        jobs and alerts, and the page of a job that goes on, do the same. Without JavaScript the pages are the same and
        change when they are loaded again.

        Everything can be reached with the keyboard alone; charts have a title, a description, and the table beside them. The colours follow the \##
        system
        (light, dark) and keep the contrast of WCAG 2.2 AA, which a test computes. From 360 px up nothing scrolls sideways but the wide tables in \##
        their frames.

        Sections for services that this coordinator does not have are not shown.

        ## Who gets in

        - The key is sent once, compared by its hash, and kept nowhere: the browser gets a cookie with a random number of 256 bits
          (__Host-tutti; Secure, HttpOnly, SameSite=Strict), the coordinator its hash, in memory.
        - A sign-in ends with *Sign out*, after an hour without a page being opened (what a page asks for by itself does not count), after twelve \##
        hours in any case,
          when the key is no administrator's any more, and with the coordinator. At most 64 are open; one more ends the one that was used longest \##
        ago.
        - Wrong keys: eight in a row from one address (of IPv6: from one /64), then one more every fifteen seconds. Signing in and out, wrong keys,
          sessions that were stopped and jobs that were cancelled are in the coordinator's log, with the key's public part and the address.
        - The same is in the tenant's audit, for good: console.signed_in, console.signed_out, console.session_stopped and console.job_cancelled by \##
        the
          key's public part, console.sign_in_refused (in the default tenant) by anonymous, each with the address. Of wrong keys 64 in a row are \##
        written, then one a
          minute; not_written_before says how many more there were. Who cannot be written down, because the disk is full, does not come in; signing \##
        out goes on.
        - Every form carries a token of its sign-in, and is taken only when the browser says that it comes from a page of this coordinator \##
        (Sec-Fetch-Site, else
          Origin). Browsers older than 2023 that send neither cannot sign in.
        - Pages load nothing from elsewhere, run one script, ours, and cannot be framed. Nothing of them is kept by the browser.
        - The cookie opens these pages and no endpoint of the API; a key in a header opens the API and none of these pages.

        A link from another site shows the sign-in even to who is signed in, since SameSite=Strict keeps the cookie back; open / by hand.

        Plain HTTP. server.local_listen has no console: a page there would ask for the key without TLS, and the cookie could not come back. It
        answers 403 with the address that has it. Behind a proxy, forward to the TLS port and say the outer address as server.public_url.

        ## A look at it by a machine

        drives Chromium while the session trains: it signs in, waits for rounds to come, compares charts and tables, goes through the page with
        the keyboard, submits two jobs over the API, sees them come into the list, cancels one and keeps the file of the other, reads the alerts, \##
        and fails on any message of the browser, any violation of the policy and any request to elsewhere. It ends with 77 where the browser or \##
        playwright is
        missing. EndToEndTests/theConsoleIsSeenInABrowserWhileASessionTrains does the same with a coordinator and clients of its own; TUTTI_PYTHON \##
        names the
        Python that has playwright, TUTTI_SCREENSHOTS a folder for pictures.

        # Key vault

        Keys of a tenant that stay at the coordinator: made there, used there, and never shown but for their public halves. They are of the \##
        standards that a quantum
        computer is not known to break.

        The names of the drafts are taken for the standards. Keys and messages of the drafts themselves (Kyber of round 3) do not fit these, and \##
        are refused. kyber_512,
        Falcon and SPHINCS+ are not available. quantum_security_level is the AES key that is as hard to find by a quantum computer, \##
        classical_security_level the RSA modulus
        that is as strong today (SP 800-57: 15,360 bits for category 5).

        ## What it is not

        - No hardware. No PKCS #11 module can be connected. With hsm_backed: true the profile local makes a key in a token of software that says \##
        so: hsm_key_id begins
          with software-token/, hsm_backed is false, and a notice says why. The profile prod refuses with 422, hsm_unavailable.
        - Not validated. fips_validated is false, whatever compliance_level the metadata have. The standards are FIPS; this program was examined by \##
        no laboratory.
        - quantum_proof: true says that the mechanism is one of FIPS 203, and quantum_proof_basis says so in words. It says nothing of the machine.
        - No protection from the coordinator's owner. Whoever has the data folder with master.key, or the process's memory, has the keys.

        ## Using it

        All of it is below /api/v4/quantum-encryption, with the scope crypto, in the caller's tenant; another tenant's keys are 404. Fields and \##
        types:
        truststream.json.

        A key does what its key_usage says and nothing else (403). A message is sealed with HPKE (RFC 9180) in base mode: the key's mechanism, \##
        HKDF-SHA384, AES-256-GCM, with an empty
        info and additional_data as associated data. encrypted_data is Base64 of the encapsulated secret and the cipher text. So whoever has the \##
        public key can seal to it
        without asking, for example with pyca cryptography:

        nonce in the reply is the one that HPKE derives; it is not drawn, and nobody has to keep it. integrity_hash is SHA3-256 of the bytes of \##
        encrypted_data: it finds
        damage, and proves nothing, for anybody can compute it. What a changed byte does to a message is that it does not open. Whatever is wrong, \##
        the refusal is the same.

        Compression tells. With compression: true zstd goes first, and the length of the message says how well its content compresses. Where \##
        somebody else chooses a part of the
        content, and sees lengths, he can find out the rest piece by piece (as with CRIME). It is off unless asked for, and a notice repeats this. \##
        compression_ratio is
        measured, and is 1 without it. What a message decompresses to is at most 16 MiB.

        ## Lives of keys

        active → expired by the clock, after key_validity (days, months or years by the calendar, 1 day to 10 years). An expired key seals and \##
        signs no more (409), and still opens and
        verifies. rotate gives it a new pair for as long again: that one seals and signs, the older ones open and verify what they did. With \##
        min_version the older ones are
        given up, with all that they sealed. revoke erases every private half, for good: what the key sealed is lost, the record stays. Each of \##
        these is in the tenant's audit, in
        the same transaction.

        A tenant has up to 1,000 keys that are not revoked, and a key up to 32 versions.

        ## A secret for two

        key-exchange acts for the responder. It encapsulates a secret to the initiator's public_key and gives the responder shared_secret; the \##
        initiator gets encapsulated_key
        from the responder, decapsulates it and derives the same:

        key_derivation_info is tutti key exchange 1, then initiator, responder and session, each behind its length in two bytes. So the secret is \##
        bound to both names. The
        responder is the caller; only an administrator names another one (403). The coordinator keeps the digest of the public key and nothing of \##
        the secret; when the session ends
        (session_expires_at) is for both parties to keep.

        forward_secrecy is true if this tenant has never used this public key here and it is no key of its vault. That its owner forgets the \##
        private half nobody here can see.
        authentication is server_only over TLS and none without it: nobody has proved to be the initiator, so mutual is never said.

        Better than this endpoint is to encapsulate at the client: then the secret never passes the coordinator.

        ## At rest

        A private half is its seed, sealed in the one envelope that all secrets have (ADR 34): master key, tenant's key, seed. Inside
        the seal, before the seed, is a digest of all that the record says of the key, so that a changed algorithm, use or expiry opens nothing \##
        (ADR 37).
        Seeds are never in the log, in replies, or in clear on the disk.

        The coordinator's backup has the vault and master.key; restored, it opens all it opened. A backup of one without the other opens nothing.

        A key that was made with backup_enabled can also be exported: POST keys/{id}/export with a passphrase of 12 to 1,024 bytes gives the record \##
        with each seed sealed by the
        passphrase's key (scrypt, N = 2^17), and POST keys/restore puts it back in the tenant of the same name, here or at another coordinator, \##
        where no key of this id is, revoked or not.
        Whoever has the export and the passphrase has the key: both calls are in the audit as warnings. One passphrase is looked at at a time; \##
        meanwhile others get 503. Try it before you need it.

        What is measured: tutti_vault_operations_total and tutti_vault_key_generation_seconds at /metrics, and quantum_encryption in \##
        monitoring/performance, where
        quantum_security_level is that of the weakest active key.

        # Keeping a coordinator

        ## Back up

        works while the coordinator serves FOLDER and while none does. OUT is a new folder with mode 0700:

        The secrets are in it. Whoever has a backup can be this coordinator. Keep it as safe as the folder, and encrypt it where it leaves the host.
        Not in it: lock, run.json and files that were half written. What is damaged is not copied: the command ends with exit code 9 and
        names it. A backup that was broken off has no manifest.sha256 and is none.

        What a node keeps (its key, its ledger of privacy, its updates without a receipt) is in the node's folder and nobody else's. Stop the node \##
        and copy
        the folder, and look at the copy with tutti-client check --data COPY; a copy that is older than the node's last round forgets what its rows \##
        have lost since.

        ## Check

        reads everything: the structure of the database, the checksum of every row, the digest of every update, model and test set, whether keys and
        certificates belong together, and in a backup every file against the list. Exit code 9 on damage, with a line for each. A start looks at
        all of the database, too, and does not serve what it cannot trust.

        ## Restore

        verifies all of the backup, then makes FOLDER, which must not exist or be empty: whole or not at all. The coordinator that the backup was \##
        taken from must be
        gone for good; two coordinators with one identity would tell their clients different things.

        Sessions go on from where they were at the backup. What came after it is not there:

        - Updates and rounds since then are forgotten, also those that clients had a receipt for. Clients learn from the coordinator that its \##
        records were
          restored, and take part in these rounds again. Each update counts once in what the restored coordinator computes. The same session, rows \##
        and seed
          end with the same model.
        - With secure aggregation a round is not summed twice. Members refuse the rounds that they had done with; such a session ends with that
          reason, and a new one has to be created. A backup that is as new as the last round loses nothing.
        - Rounds that are run again under differential privacy cost again. Every node's own ledger counts both; the coordinator's
          counts those it knows. After a restore trust the nodes' ledgers (policy.max_epsilon).
        - Nodes that enrolled or renewed their certificates since have to enrol again, with new tokens. Nodes that were revoked since have to be \##
        revoked again.
        - Sessions that were created since are gone; their clients are told that there are none. Clients that joined a session since are no members \##
        of it any
          more: start them again.
        - The audit goes on from the backup's last entry. A head that was signed after the backup is not one of this log any more, and audit verify \##
        says
          *truncated* or *forked*: keep it together with the backup's date as the explanation.

        ## Secrets

        Secrets that the coordinator has to read again (those of webhooks, private halves of vaults) are sealed with a key of their tenant, and \##
        tenants' keys with the master key in
        master.key (ADR 34). Both commands want a coordinator that is stopped:

        Rotate when somebody may have seen master.key, or a backup with it. First the new key is written beside the old one, then all tenants' keys
        are wrapped anew in one transaction, then the old one is removed; at any moment that this is cut off the folder opens everything, and the \##
        next
        secrets rotate or start finishes it. A passphrase stays what it is. Secrets themselves stay, too: a webhook whose secret may have been seen \##
        gets a
        new one. Backups from before keep the old key, which opens them and no later one: take a new backup, and destroy those that
        somebody may have seen. master.key and tutti.sqlite belong together: with a master.key of another time nothing opens, and both commands and \##
        the start
        say so and change nothing.

        ## Audit

        Enrolments, renewals, revocations, steps of replacing the CA, conflicting updates, and of every session its creation, start and end, its \##
        test set and
        the model that was handed in are entries of the audit, each in the transaction of what it tells of, with the key, user or node that did it. \##
        Entries are leaves of a Merkle tree, one tree for each tenant. head prints its size and root, signed under the coordinator's CA, as one \##
        line; export a
        line of JSON for each entry and the signed head behind them. verify needs no coordinator and no network.

        All of these end with exit code 9, and --json lists every finding.

        Keep heads elsewhere. Who can write the folder and has ca.key can write a new log, grow a new tree over it and sign that. Only a head that \##
        was kept
        where they cannot write shows it. A head is about two kilobytes: send one every day to another host, to a mailbox, to an auditor, to a \##
        store that keeps what it
        was given; print one before an audit. audit head --data DIR --since OLDER gets the newest and a proof that the log only grew since, without
        exporting anything. Give --ca both certificates when the CA was replaced in between.

        An entry can be verified by hand: behind "entry": in its line stands, up to ,"leaf_hash", what the hash is taken of.

        tutti-coordinator check hashes every entry again, and names those that were removed, changed, moved or added in the database.

        ## Damage

        A disk that is full is waited for; a sync that fails ends the process with exit code 9. Architecture says what is durable when.

        # What a coordinator measures

        Every number that the coordinator tells of itself is measured, counted or stored; what is not known is null, and no average stands in for
        it. /metrics (Prometheus), time series, alerts and the log have one source each, so that they cannot contradict one another.

        ## Durations

        A duration goes into the fixed buckets that Prometheus wants, and into a histogram of the same series, in one step. The histogram is
        log-linear (as HdrHistogram): every power of two from 2⁻²⁰ s (about a microsecond) to 2¹² s (over an hour) is cut into 64 equal parts.

        Histograms can be put together without another error: the p95 of a day is as exact as that of ten seconds. One takes 20 KiB at most.

        aisemble_requests_total{service,status} and aisemble_request_duration_seconds{service} on /metrics are sums of tutti_http_request_seconds;
        nothing is counted twice. status is success (below 400) or error; service is what stands before the first dot of an operation's name.

        ## Time series

        Every ten seconds, when the clock's seconds are a multiple of ten, a sample of everything is merged into three tiers:

        A point has count, sum, smallest and largest; one of durations has its histogram, too. Each tier is fed by every sample, so that a minute's \##
        point is
        its six ten-second points put together, exactly. Answers over up to two hours come from ten seconds, up to two days from minutes, longer \##
        ones from
        hours; the range begins with a whole step.

        - Crash. The samples of a tick are durable when it ends: ten seconds are lost at most. While the disk is full they are kept in memory and
          written afterwards.
        - Clock. Set back, samples are added to the points of the time that the clock says, and no point is changed otherwise. Set far ahead
          by mistake, one block (60 points) at each tier is given up at a tick at most.
        - Bounds. 512 series; labels have closed sets of values. What comes beyond goes to a series whose labels, and whose tenant, are other.
        - Not running is not measured: there are no points of that time.

        Percentages go from 0 to 100. Of counters a point has what they have grown by.

        A file of /proc that cannot be read or says something unexpected gives no point. Trends are tests of Mann and Kendall (two-sided, 5 %, with
        the correction for ties), and insufficient_data below five values.

        Calls. /api/v1/tenants/{tenant_id}/status tells of a tenant's calls in the last hour, /api/v1/analytics/realtime of those in the last \##
        minute, and
        /api/v4/monitoring/performance of any range. There a call succeeds when its status is below 400; error_rate of the last is the percentage \##
        of 5xx
        without 501, which says that something is not built and counts in by_status only.
        client_participation_rate is, of the attempts that ended in the range, the updates that counted by the clients that were asked; it looks at \##
        the
        newest 500 rounds of each of the newest 500 sessions. peak_rps is the largest of ten seconds, over 7 days of a minute, over 30 days of an \##
        hour. What no tick has seen yet
        is not in these numbers.

        Uptime of a tenant is the share of probes that were answered. observed_hours says how long there was somebody to ask.

        ## Alerts

        A rule reads one number at each tick. Beyond its threshold for the time in the column *for*, it fires; it is over when the number was back
        behind *clears at* for a minute (failed logins: five; audit: fifteen). Between the two nothing changes. The text has the numbers that fired \##
        it.

        When a number is not known, what fires goes on firing and what was about to fire begins anew. A clock that is set back makes nothing fire \##
        early.
        A failed login is a user's name or password, a client's id or secret, an API key or token that nobody has made, or a key at the console's \##
        sign-in; also one that
        is throttled. Keys that have expired or were revoked are none. Webhooks are told of critical alerts and of services that do not answer
        (events). An alert's id is made of its rule, of the instant at which it began to fire and of its subject, and a webhook is told of one id \##
        once.

        Alerts are in memory: after a restart they fire again when their reason is still there, and are told again under the id of that instant. An \##
        id made of
        the day would tell once, and would also keep silent about the second full disk of a day, or about guessing that stopped and began anew: \##
        what is told
        twice costs a look, and what is not told costs more.

        How the whole is, from the worst alert that fires: none → excellent; info, warning → good; high → degraded; critical → critical.

        ## Where it is read

        Under /api/v2; what nobody measured is null.

        A platform administrator sees everybody's and, with X-Tenant-ID, what that tenant sees.

        ## The log

        tutti-coordinator serve writes its log to stderr, and the same entries to a ring in tutti.sqlite: 20,000 entries or 16 MiB of text, \##
        whichever
        is less; the newest is always kept. An entry has a level, a service, a message, a tenant, a trace (the id of the request that led to it), a \##
        subject (the job, deployment
        or session it is about) and up to 32 fields. Messages are cut to 2 KiB and fields to 512 bytes.

        Requests have a line each at level info (log.level; notice is usual): method, route, operation, status, milliseconds, the request's id as \##
        its
        trace, and the principal and tenant once they are known. Of paths there is the route (/jobs/{job_id}), of queries nothing. Answers of 5xx \##
        are errors; those
        that are turned away for want of room (503) are counted and have a line at debug only.

        Whose it is. Entries of requests, jobs, sessions and webhooks have the tenant that they belong to, and ops/logs shows a tenant these and no \##
        others.
        The field cause, in which errors of the machinery stand, is the operator's alone.

        Logging never waits for the disk. Entries that come faster than they can be stored are dropped, counted (tutti_logs_dropped_total), and the \##
        next entry
        says how many. A crash loses what was not yet written, as a rule the last milliseconds.

        Secrets are taken out before an entry is stored: fields named after a password, secret, token, key or cookie; our own credentials wherever \##
        they
        stand; what follows Bearer and Basic; JSON web tokens; private keys in PEM; passwords in URLs; password=… and the like in texts. A password \##
        in the
        middle of a sentence cannot be known, so nobody writes one there. stderr has the entries as they were logged.

        # Threat model

        Who could do harm, what stands in the way, and what does not. For the people who decide whether their data may take part.

        ## Who is there

        ## What each mode keeps from whom

        Without secure aggregation an update can be turned back into rows: gradients of small batches have been inverted into images
        (Zhu, Liu, Han 2019, arXiv 1906.08935; Geiping et al. 2020, arXiv 2003.14053). Plain sessions are for owners who trust the
        coordinator with their updates.

        malicious_server does not rest on the coordinator's own CA, which could issue anybody's certificate again and sit on both ends. Every
        node has a key of its own (tutti-client identity show); owners send each other its public part over a way that the coordinator cannot
        change, and pin it (secure_aggregation.pinned_keys). A node without pinned keys takes no part, one that finds an unknown or changed key
        refuses and names it, and a node can insist on the mode (policy.require_malicious_server). What the mode promises is as good as the way
        the lines were exchanged (ADR 21).

        What is assumed where it says "planned": at most a twentieth of the members work for the coordinator, at most a twentieth send
        wrong shares, and no more drop out than the quorum allows. Then an outsider's chance to open a secret is below 2^-40, and that
        of a round to fail for honest members below 2^-20 (Secure aggregation,
        ADR 14).

        ## Certificates and their end

        A stolen node key is good until its certificate ends, at most 30 days unless configured otherwise, or until the operator revokes the node: \##
        from
        then on none of the node's certificates is taken, and its connections are closed within a second. Renewal needs the present key and gives \##
        one
        for a new key under the same name, so a key that was copied long ago is worth nothing once the certificate it belongs to has ended. If \##
        thief and node both renew
        with the same key, the later of them ends the other's certificate; a node that is refused so, though nobody replaced it, has been copied.
        What renewal does not do is bring back a node whose key was stolen: revoke it and enrol it again.

        Who has the key of the authority (ca.key, and ca.roll while it is replaced) can issue any certificate. Then the authority is replaced
        (tutti-coordinator ca), and until retire the old key still counts: take that step by force and enrol again whom it cuts off.
        Nodes believe the coordinator they are connected to about the next authority; a pin is compared when a node enrols, and not again.

        ## What the coordinator sees in a round, and over many

        In a round: who took part, how many bytes each sent and when, the number of rows each said it has, and the mean of every group
        (all of the cohort is one group under the mean). A client that drops out after its keys are dealt does not change that: what it
        has sent is never opened alone.

        Over many rounds the groups stay the same, on purpose. If they were drawn again every round, an honest coordinator that is only
        curious could solve for single clients by least squares: thirty clients in five groups, redrawn, are told apart after some tens of
        rounds, all of them. With kept groups the same attack finds the groups and nothing below them. Both are tests
        (Tests/SecureAggregationTests/RegroupingTests.swift). Therefore

        - a partition holds for a whole session, drawn from nonces of all members that nobody can choose after seeing the others';
        - a client refuses a second partition in one session;
        - absent members make their group smaller, and below the floor nothing of it is opened.

        The price: a client that lies spoils the same group for the whole session.

        What sums leak is not covered by hiding the summands. If one member's rows are unlike the others', the group's mean says
        something about them; whoever knows all others of a group knows the last. That is what differential privacy is for, and why the
        floor counts honest members: a sum over group_floor of whom some work for the coordinator hides that many fewer.

        ## Clients that lie

        A robust rule (trimmed mean, median) bears f lying clients: over clients in plain sessions, over groups with secure aggregation,
        where one liar spoils its group. So there are at least 2f + 1 groups, better 4f. What it cannot do:

        - a robust rule withstands values that stand out. An attack that stays within the spread of honest updates moves the model a
          little every round; Robustness has the measured effect of nine attacks;
        - a backdoor with few rows may stay inside that spread: its success rate is measured apart from the accuracy;
        - how many rows a client says it has cannot be checked: under a robust rule or differential privacy all count the same.

        ## What is not covered

        - Availability. The coordinator can stop, or leave somebody out. So can the network.
        - A model made to remember. A coordinator that sends everybody a crafted model gets crafted updates (arXiv 2110.13057). All
          members of an attempt must hold the same model, or their masks do not cancel; a model that is the same and bad for everybody
          passes. A node's owner can look at what it trains: the model is a file.
        - The owner's machine. Keys and rows lie there; whoever has the machine has both.
        - Traffic. When a client is there and how much it sends is visible to the network.
        - The final model. Without differential privacy a model may give rows away, to everybody who has it (Shokri et al. 2017,
          arXiv 1610.05820). With it and a robust rule the coordinator is trusted to add the noise it says it adds; with secure aggregation and
          the mean the clients add it: Privacy accounting.

        - The operator's word afterwards. A session's receipt is signed under the coordinator's CA: nobody else can make or change one. Who has the \##
        CA's
          key can, and can make a second one for the same session. What clients say of themselves (their rows) is in it as their word.
        - The audit. Every entry is a leaf of a Merkle tree whose head is signed. Whoever kept a head finds out that an entry before it was \##
        changed, left out or
          moved, even if the CA's key was used for it. Nobody finds out what was never written, nor what was changed where no head was kept.

        ## What an owner can insist on

        A node's policy refuses sessions below its own floors, whatever the coordinator says: the smallest cohort and group, the sessions
        it takes part in, whether updates may leave without masks, without differential privacy, or without its own part of the noise. A \##
        coordinator that says
        one thing of a session and asks for another in a round is refused in that round. What left the machine is a line each in sent.jsonl. See
        Configuration.

        # Robust rules and what they withstand

        A modified client can send any update. The mean goes with it; a robust rule gives the rest of the clients the last word, within
        limits that this page states and shows. Sources/RobustAggregation has the rules, Sources/Attacks the attacks.

        ## Rules

        n updates, f of them lies.

        All give the same bits whatever the order of arrival, the number of threads and the kernel level
        (ADR 8, ADR 16), refuse values
        that are not finite by update and coordinate, and hold a window of the updates in memory. ByzFL's Krum sums n − f − 1 distances:
        its f is ours plus one. krum and multi_krum of a session are ours, as in their paper.

        A session names its rule with aggregation and f with byzantine_tolerance (API). Under secure aggregation the
        coordinator sees no client's update, so the rule works over the means of groups. A modified client spoils its whole group: f liars
        take 2f + 1 good groups (Krum 2f + 3), f is never lowered for lack of them, and a round with fewer aborts. At a floor of 5 members, two
        liars take 25 clients; at 3, which the profile local allows and calls weak, 15. A session with fewer waits, and says for how many
        (ADR 20).

        ## Attacks

        The paper of ALIE derives z from n and f; for 30 clients with 3 and 9 liars that is 0.05 and 0.43, which nobody notices, so
        1.5 is taken here, ByzFL's figure.

        ## The quickstart's thirty clients

        Secure aggregation in six groups of five, drawn anew for every seed; trimmed mean with f = 2 over the groups' means, so that of each
        coordinate the middle two of six count. Digits, Dirichlet(0.5), 30 rounds, 10 local epochs (batches of 32, rate 0.1, momentum 0.9),
        updates shortened to a norm of 1, coordinates within ±1, 16 bits. The first two clients lie. Accuracy in per cent on a held-out fifth after
        the last round, and how many per cent of the other digits are taken for zero with the backdoor's trigger; five seeds, in one process
        with the functions of production (tutti-bench federate).

        No attack takes more than 1.1 points of the median; the run is benchmarks/results/quickstart-attacks.json.
        The same with real processes over TLS (--real --seeds 1-3, quickstart-attacks-real.json): 95.5 without a
        liar, medians of 94.7 to 95.5 under the attacks, 93.9 in the worst single run; the backdoor works in 0.6 per cent, and in 2.8 at worst. The \##
        norm matters where a lie
        is large, for these liars run the client's own program, which shortens their lie like any update. Who leaves that out is bounded by the \##
        range of a coordinate alone. With a norm of 10, which shortens next to
        nothing here, the same seeds give 96.7 without a liar, 94.4 under the sign flip, 96.1 under the backdoor, and the backdoor works in 7.4 per
        cent of the rows in the median and in 19.2 at worst: a rule over six groups does not keep a backdoor out that is made with two clients and
        five times an honest length.

        ## Every rule, every attack

        Handwritten digits, 30 clients, 30 rounds, MLP 64-128-10, 5 local epochs of plain SGD (batches of 32, rate 0.1), every client in
        every round and all counting the same. Accuracy in per cent on a held-out fifth, mean over the last five rounds, median of three
        seeds; of the backdoor in brackets how many per cent of the other digits are taken for zero with the trigger. Every rule is told f.
        Groups: ten of three, kept. Nobody lies in the column "none"; the rule is told f all the same, which is what caution costs. The run is
        benchmarks/results/robustness.json.

        IID, 3 of 30 lie

        IID, 9 of 30 lie

        Dirichlet(0.5), 3 of 30 lie

        Dirichlet(0.5), 9 of 30 lie

        !the same as coloured cells

        What it says:

        - A tenth of sign flips costs the mean 8 points, 16 where clients differ; three tenths leave nothing of it. The rules but Krum lose
          2 points at most to a tenth. To three tenths they lose 2 to 5, and 4 to 9 where clients differ; Multi-Krum loses nothing.
        - Accuracy does not show a backdoor. The mean lets it in at once; norm bounding, the geometric median and centered clipping when
          three tenths lie; the trimmed mean and the median then let a part through. Krum and Multi-Krum keep it out, for the lie has five
          times an honest length here: one that keeps to it is harder to see.
        - Krum takes one client's update for everybody's: 5 to 6 points below the mean without any liar, and 13 to 25 where clients differ.
          Multi-Krum is at most a point below.
        - Where clients differ and three tenths of them know everything, a small step against the honest mean (inner product) takes 36
          points from Multi-Krum and 39 to 41 from trimmed mean, median and norm bounding, more than from the mean itself (24); the
          geometric median and centered clipping lose 15. No rule here stops it.
        - ALIE, Min-Max, Min-Sum and mimic take at most 4 points from the rules other than Krum. Their papers show them strong with
          momentum, larger models and longer training; this table is too small to show that.
        - Ten times an honest update is mostly a larger learning rate: scaling alone even helps.
        - Over ten groups three liars are borne as over thirty clients. Nine are not, and the rule refuses (–).

        # Annealing on ordinary processors

        Sources/Annealing looks for spins of low energy in Ising models, and for values in QUBO models. It is a computation on ordinary processors. \##
        There is no quantum hardware behind it; one of
        its solvers follows the equations by which physicists simulate such hardware, and is slower for it.

        ## Solvers

        ## What is promised

        - The energy of a sample is computed from the model as it was given, after everything else. It is never what a solver believes.
        - The same problem, settings, number of reads, seed and version give the same samples, whatever the number of threads. A run that was \##
        stopped gives what it had, and says why it stopped.
        - Work is counted: a spin update is one proposal to turn one spin over, accepted or not.
        - Nothing but exact proves that an energy is the lowest.

        ## Models as text

        - JSON of a binary quadratic model, as dimod's to_serializable(use_bytes=False) writes it (schema 3.0.0).
        - Gset: max-cut; the energy is minus the weight of the cut.
        - QUBO text with a p qubo line, and coordinates (# vartype=BINARY, then i j bias).

        A text that is wrong in any place is refused with the line and what should be there. Limits: 262,144 variables, 33,554,432 couplings (8,192 \##
        variables if all are coupled), weights of 0 or
        of 1e-100 to 1e100.

        ## How speed is compared

        Times to target (Rønnow et al. 2014): runs are measured, p is the part that reached the target, and TTS = t · max(1, ln 0.01 / ln (1 − p)) \##
        is how long independent runs take to reach it with
        99 %. A speedup is the quotient with a named baseline on the same problem and machine, with a bootstrap interval of 95 %. It is below 1 \##
        where the baseline is faster. A target that no run
        reached has no time, and a comparison without one has no ratio.

        # Glossary


        """##
}
