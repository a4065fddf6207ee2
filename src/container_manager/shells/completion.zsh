#compdef container-manager cman invoke inv -p */run
# Completion of Container Manager for zsh: eval "$(container-manager completion zsh)"

_container_manager() {
    local program=${(Q)words[1]} line value
    local -a mode lines whole open
    case ${program:t} in
        run) program=${program:h}/.venv/bin/container-manager ;; # ./run itself might install packages
        invoke | inv)
            mode=(--invoke)
            program=${commands[${program:t}]:-$program}
            program=${program:h}/container-manager
            ;;
    esac
    if ! command -v $program >/dev/null; then
        if [[ -n $mode ]]; then # invoke is installed elsewhere, and knows its own tasks
            compadd -- ${(f)"$(${(Q)words[1]} --complete -- invoke ${(@Q)words[2,CURRENT]} 2>/dev/null)"}
        else
            _default
        fi
        return
    fi
    lines=("${(@f)$($program --complete $mode -- "${(@Q)words[2,CURRENT]}" 2>/dev/null </dev/null)}")
    for line in $lines; do
        value=${line%%$'\t'*}
        case $value in
            '') ;;
            :files) _files ;;
            :folders) _files -/ ;;
            *[.:=]) open+=("${value//:/\\:}:${line#*$'\t'}") ;;
            *) whole+=("${value//:/\\:}:${line#*$'\t'}") ;;
        esac
    done
    (( $#whole )) && _describe -V 'Container Manager' whole
    (( $#open )) && _describe -V 'Container Manager' open -S ''
    return 0
}

if [[ $funcstack[1] == _container[_-]manager ]]; then # loaded from a file of that name, by TAB
    _container_manager "$@"
else
    compdef _container_manager container-manager cman invoke inv
    compdef -p _container_manager '*/run'
fi
