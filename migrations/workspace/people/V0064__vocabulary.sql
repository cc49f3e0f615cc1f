-- The words that the indexes of people and companies hold, in order. They store nothing: each reads the index
-- it is named after, so a word that leaves the index is gone from here at once. Search looks here for words a
-- slip away from one that nothing has (people/search/slips.rs).
CREATE VIRTUAL TABLE contact_vocabulary USING fts5vocab (contact_search, row);
CREATE VIRTUAL TABLE company_vocabulary USING fts5vocab (company_search, row);
