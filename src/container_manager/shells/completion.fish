# Completion of Container Manager for fish: container-manager completion fish | source

function __container_manager_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l program $typed[1]
    set -l mode
    switch (string replace -r '.*/' '' -- $program)
        case run # ./run itself might install packages
            set program (string replace -r '/[^/]*$' '' -- $program)/.venv/bin/container-manager
        case invoke inv
            set mode --invoke
            set program (string replace -r '/[^/]*$' '' -- (command -s $program))/container-manager
    end
    if not command -q $program
        if set -q mode[1] # invoke is installed elsewhere, and knows its own tasks
            $typed[1] --complete -- invoke $typed[2..-1] $current 2>/dev/null
        end
        return
    end
    for line in ($program --complete $mode -- $typed[2..-1] $current 2>/dev/null </dev/null)
        switch $line
            case ':files*'
                __fish_complete_path $current
            case ':folders*'
                __fish_complete_directories $current
            case '*'
                echo $line
        end
    end
end

for name in container-manager cman invoke inv
    complete -c $name -f -k -a '(__container_manager_complete)'
end
complete -p '*/run' -f -k -a '(__container_manager_complete)'
