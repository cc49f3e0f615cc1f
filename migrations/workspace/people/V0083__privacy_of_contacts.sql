-- Whatever deletes a contact takes their restrictions along, and the mark of a minor. What they said about the use of
-- their data stays as proof.
CREATE TRIGGER restrictions_of_contacts AFTER DELETE ON contacts BEGIN
    DELETE FROM restrictions WHERE on_type = 'contact' AND on_id = old.id;
    DELETE FROM minors WHERE on_type = 'contact' AND on_id = old.id;
END;
