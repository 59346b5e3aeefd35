-- Published mail versions never change: what was sent can be shown as it was.
DROP TRIGGER IF EXISTS append_only ON mail_version;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON mail_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
