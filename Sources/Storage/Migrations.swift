import GRDB

/// The tables of `decisions.db`, as steps that are never changed once released.
enum Migrations {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 alerts and audit") { db in
            // The last episode of every label set, whole, as JSON with the version of its shape.
            try db.create(table: "alerts") { table in
                table.primaryKey("fingerprint", .text)
                table.column("episode", .integer).notNull()
                table.column("state", .text).notNull()
                table.column("rule", .text).notNull()
                table.column("version", .integer).notNull()
                table.column("body", .text).notNull()
                table.column("changed", .integer).notNull()
            }
            try db.create(table: "audit") { table in
                table.primaryKey("sequence", .integer)
                table.column("at", .integer).notNull()
                table.column("name", .text).notNull()
                table.column("uid", .integer).notNull()
                table.column("action", .text).notNull()
                table.column("target", .text).notNull()
                table.column("episode", .text).notNull().indexed()
                table.column("detail", .text).notNull()
                table.column("previous", .text).notNull()
                table.column("digest", .text).notNull()
            }
        }
        migrator.registerMigration("2 detectors") { db in
            try db.create(table: "detectors") { table in
                table.primaryKey("name", .text)
                table.column("settings", .text).notNull()
                table.column("state", .text).notNull()
                table.column("at", .integer).notNull()
            }
        }
        migrator.registerMigration("3 runs and services") { db in
            try db.create(table: "runs") { table in
                table.primaryKey("id", .text)
                table.column("service", .text).notNull().indexed()
                table.column("state", .text).notNull()
                table.column("started", .integer).notNull()
                table.column("version", .integer).notNull()
                table.column("body", .text).notNull()
            }
            try db.create(table: "services") { table in
                table.primaryKey("name", .text)
                table.column("version", .integer).notNull()
                table.column("body", .text).notNull()
            }
            // Filled and emptied at once: its pages stay in the file, free for a run on a full disk.
            try db.create(table: "reserve") { table in table.column("body", .blob) }
        }
        migrator.registerMigration("4 silences and tokens") { db in
            try db.create(table: "silences") { table in
                table.primaryKey("id", .text)
                table.column("ends", .integer).notNull()
                table.column("version", .integer).notNull()
                table.column("body", .text).notNull()
            }
            try db.create(table: "tokens") { table in
                table.primaryKey("name", .text)
                table.column("version", .integer).notNull()
                table.column("body", .text).notNull()
            }
        }
        return migrator
    }
}
