\set id random(1, 40000)
SELECT id, amount FROM orders WHERE id = :id;
