"""What can be measured outside of statistics views: the database's host, its log on other hosts, the canary."""
