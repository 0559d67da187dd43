/// What a doctor can find, in a word that scripts may rely on. `docs/doctor.md` says of each what it means and what to do; a code
/// is never used for something else.
package enum FindingCode: String, Sendable, CaseIterable {
    case ok

    // MARK: Files and folders

    case folderMissing = "folder_missing"
    case folderExposed = "folder_exposed"
    case folderNotWritable = "folder_not_writable"
    case folderInUse = "folder_in_use"
    case fileMissing = "file_missing"
    case keyExposed = "key_exposed"
    case keyDamaged = "key_damaged"
    case settingsUnreadable = "settings_unreadable"

    // MARK: This machine

    case diskFull = "disk_full"
    case diskLow = "disk_low"
    case descriptorsLow = "descriptors_low"
    case clockSkew = "clock_skew"

    // MARK: Certificates

    case certificateDamaged = "certificate_damaged"
    case certificateExpired = "certificate_expired"
    case certificateNotYetValid = "certificate_not_yet_valid"
    case certificateEndsSoon = "certificate_ends_soon"
    case foreignCertificate = "foreign_certificate"
    case keyMismatch = "key_mismatch"
    case nameNotInCertificate = "name_not_in_certificate"

    // MARK: A coordinator's folder

    case databaseMissing = "database_missing"
    case databaseDamaged = "database_damaged"
    case databaseNewer = "database_newer"
    case tokenUnusable = "token_unusable"
    case masterKeyUnusable = "master_key_unusable"
    case runFileStale = "run_file_stale"
    case portInUse = "port_in_use"
    case addressUnavailable = "address_unavailable"
    case adminKeyRejected = "admin_key_rejected"

    // MARK: The way to a running coordinator

    case hostUnknown = "host_unknown"
    case portClosed = "port_closed"
    case unreachable
    case silent
    case notACoordinator = "not_a_coordinator"
    case tlsTooOld = "tls_too_old"
    case handshakeFailed = "handshake_failed"
    case foreignAuthority = "foreign_authority"
    case serverCertificateUnusable = "server_certificate_unusable"
    case coordinatorStarting = "coordinator_starting"
    case coordinatorDraining = "coordinator_draining"
    case requestFailed = "request_failed"

    // MARK: A node

    case notEnrolled = "not_enrolled"
    case identityDamaged = "identity_damaged"
    case memberKeyDamaged = "member_key_damaged"
    case pinsUnusable = "pins_unusable"
    case ledgerDamaged = "ledger_damaged"
    case nodeRevoked = "node_revoked"
    case sessionsRefusedByPolicy = "sessions_refused_by_policy"
    case dataSetUnreadable = "data_set_unreadable"
    case labelMissing = "label_missing"
}
