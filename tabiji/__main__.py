from tabiji.runtime.cli import main

main()
