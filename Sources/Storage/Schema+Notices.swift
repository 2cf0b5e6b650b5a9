extension Schema {
    /// Where people want to hear that something waits for them, and what they were told.
    static let notices = """
        CREATE TABLE notice (
            account INTEGER PRIMARY KEY REFERENCES account (id),
            address TEXT NOT NULL CHECK (address <> ''),
            isOn INTEGER NOT NULL CHECK (isOn IN (0, 1)),
            toldJSON TEXT NOT NULL CHECK (json_valid(toldJSON))
        ) STRICT;
        """
}
