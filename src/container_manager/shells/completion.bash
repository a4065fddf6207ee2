# Completion of Container Manager for bash: eval "$(container-manager completion bash)"

_container_manager() {
    local program=$1 mode= current= line value i
    local -a words=() found=()
    case ${1##*/} in
        run) program=${1%/*}/.venv/bin/container-manager ;; # ./run itself might install packages
        invoke | inv)
            mode=--invoke
            program=$(command -v "$1")
            program=${program%/*}/container-manager
            ;;
    esac
    COMPREPLY=()
    # Bash takes words apart at '=' and ':'; here they are whole again.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        if ((i > 1)) && [[ ${COMP_WORDS[i]} == [=:] || ${COMP_WORDS[i - 1]} == [=:] ]]; then
            words[${#words[@]} - 1]+=${COMP_WORDS[i]}
        else
            words+=("${COMP_WORDS[i]}")
        fi
    done
    current=${words[${#words[@]} - 1]}
    if ! command -v "$program" >/dev/null; then
        if [[ $mode ]]; then # invoke is installed elsewhere, and knows its own tasks
            COMPREPLY=($(compgen -W "$("$1" --complete -- invoke "${words[@]}" 2>/dev/null)" -- "$current"))
        fi
        return
    fi
    local kept=${current%"${current##*[=:]}"} # what bash does not replace
    while IFS= read -r line; do
        value=${line%%$'\t'*}
        case $value in
            :files | :folders)
                [[ $value == :files ]] && i=-f || i=-d
                compopt -o filenames 2>/dev/null
                while IFS= read -r value; do found+=("$value"); done < <(compgen $i -- "${current#"$kept"}")
                ;;
            *)
                [[ $value == *[.:=] ]] && compopt -o nospace 2>/dev/null
                found+=("${value#"$kept"}")
                ;;
        esac
    done < <("$program" --complete $mode -- "${words[@]}" 2>/dev/null </dev/null)
    COMPREPLY=("${found[@]}")
}

complete -F _container_manager container-manager cman ./run invoke inv
