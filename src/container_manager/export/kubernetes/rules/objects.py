"""The shapes of the kinds that we write: every key that they may have, and no other.

Source: the reference of the Kubernetes API, 1.25 on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from container_manager.export.kubernetes.names import KEY
from container_manager.export.kubernetes.rules.shapes import (
    Shape,
    address,
    any_of,
    fields,
    flag,
    listing,
    mapping,
    number,
    one_of,
    text,
)

_LABEL = text(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", longest=63)
_HOST = text(r"[a-z]([a-z0-9-]*[a-z0-9])?", longest=63)
_SUBDOMAIN = text(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", longest=253)
_KEY = text(KEY.pattern)
_LABEL_VALUE = text(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_DATA_KEY = text(r"(?!\.\.)(?!\.$)[A-Za-z0-9._-]+", longest=253)
_BASE64 = text(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_QUANTITY = text(r"[0-9]+(\.[0-9]+)?(m|k|Ki|[MGTPE]i?|e[0-9]+)?")
_SIZE = text(r"(?=[0-9.]*[1-9])[0-9]+(\.[0-9]+)?(m|k|Ki|[MGTPE]i?|e[0-9]+)?")
_PORT = number(1, 65535)
_PORT_NAME = text(r"(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]*[a-z0-9])?", longest=15)
_PROTOCOL = one_of("TCP", "UDP", "SCTP")
_ID = number(0, 2**31 - 1)
_SECONDS = number(1)
_WORDS = listing(text())
_VARIABLE = text(r"[A-Za-z_.-][A-Za-z0-9_.-]*")
_PATH = text(r"/[^:]*")
_LABELS = mapping(_KEY, _LABEL_VALUE)
_SELECTOR = fields({"matchLabels": _LABELS})
_REFERENCE = fields({"name": _SUBDOMAIN, "key": _DATA_KEY})


def _metadata(name: Shape) -> Shape:
    return fields({"name": name}, {"labels": _LABELS, "annotations": mapping(_KEY, text())})


_ENV = any_of(
    fields({"name": _VARIABLE, "value": text()}),
    fields({"name": _VARIABLE, "valueFrom": fields({"secretKeyRef": _REFERENCE})}),
)
_PROBE = fields(
    {"exec": fields({"command": listing(text(), least=1)})},
    {"periodSeconds": _SECONDS, "timeoutSeconds": _SECONDS, "failureThreshold": _SECONDS},
)
_AMOUNTS = mapping(_KEY, _QUANTITY)
_CAPABILITIES = listing(text("[A-Z_]+"))
_CONTAINER_SECURITY = fields(
    {},
    {
        "runAsUser": _ID,
        "runAsGroup": _ID,
        "readOnlyRootFilesystem": flag,
        "allowPrivilegeEscalation": flag,
        "capabilities": fields({}, {"add": _CAPABILITIES, "drop": _CAPABILITIES}),
    },
)
_MOUNT = fields(
    {"name": _LABEL, "mountPath": _PATH},
    {"subPath": text(r"(?!/)(?!(.*/)?\.\.(/|$)).+"), "readOnly": flag},
)
_CONTAINER = fields(
    {"name": _LABEL, "image": text(r"\S+")},
    {
        "imagePullPolicy": one_of("Always", "IfNotPresent", "Never"),
        "command": _WORDS,
        "args": _WORDS,
        "workingDir": text(),
        "tty": flag,
        "stdin": flag,
        "env": listing(_ENV),
        "ports": listing(
            fields({"containerPort": _PORT}, {"name": _PORT_NAME, "protocol": _PROTOCOL})
        ),
        "resources": fields({}, {"limits": _AMOUNTS, "requests": _AMOUNTS}),
        "volumeMounts": listing(_MOUNT),
        "securityContext": _CONTAINER_SECURITY,
        "readinessProbe": _PROBE,
        "startupProbe": _PROBE,
        "livenessProbe": _PROBE,
    },
)
_ITEMS = listing(fields({"key": _DATA_KEY, "path": text(r"(?!/)(?!\.\.)(?!(.*/)?\.\.(/|$)).+")}))
_MODE = number(0, 0o777)
_VOLUME = any_of(
    fields({"name": _LABEL, "persistentVolumeClaim": fields({"claimName": _SUBDOMAIN})}),
    fields(
        {
            "name": _LABEL,
            "configMap": fields({"name": _SUBDOMAIN}, {"items": _ITEMS, "defaultMode": _MODE}),
        }
    ),
    fields({"name": _LABEL, "secret": fields({"secretName": _SUBDOMAIN})}),
    fields(
        {
            "name": _LABEL,
            "emptyDir": fields({}, {"medium": one_of("Memory"), "sizeLimit": _QUANTITY}),
        }
    ),
)
_SPREAD = fields(
    {"maxSkew": number(1), "topologyKey": _KEY, "labelSelector": _SELECTOR},
    {"whenUnsatisfiable": one_of("ScheduleAnyway", "DoNotSchedule")},
)
_POD = fields(
    {"containers": listing(_CONTAINER, least=1)},
    {
        "initContainers": listing(_CONTAINER),
        "volumes": listing(_VOLUME),
        "restartPolicy": one_of("Always", "OnFailure", "Never"),
        "enableServiceLinks": flag,
        "automountServiceAccountToken": flag,
        "terminationGracePeriodSeconds": number(),
        "hostname": _LABEL,
        "nodeSelector": _LABELS,
        "imagePullSecrets": listing(fields({"name": _SUBDOMAIN})),
        "hostAliases": listing(fields({"ip": address, "hostnames": listing(_SUBDOMAIN)})),
        "topologySpreadConstraints": listing(_SPREAD),
        "dnsConfig": fields(
            {},
            {
                "nameservers": listing(address),
                "searches": listing(_SUBDOMAIN),
                "options": listing(fields({"name": text()}, {"value": text()})),
            },
        ),
        "securityContext": fields(
            {},
            {
                "fsGroup": _ID,
                "fsGroupChangePolicy": one_of("OnRootMismatch", "Always"),
                "supplementalGroups": listing(_ID),
                "sysctls": listing(fields({"name": text(r"[a-z0-9._/-]+"), "value": text()})),
            },
        ),
    },
)
_TEMPLATE = fields(
    {"metadata": fields({"labels": _LABELS}, {"annotations": mapping(_KEY, text())}), "spec": _POD}
)
_CLAIM = fields(
    {
        "accessModes": listing(
            one_of("ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"), least=1
        ),
        "resources": fields({"requests": fields({"storage": _SIZE})}),
    },
    {"storageClassName": _SUBDOMAIN},
)
_SERVICE_PORT = fields(
    {"port": _PORT, "protocol": _PROTOCOL},
    {"name": _PORT_NAME, "targetPort": any_of(_PORT, _PORT_NAME), "nodePort": _PORT},
)
_BACKEND = fields(
    {"service": fields({"name": _HOST, "port": fields({}, {"number": _PORT, "name": _PORT_NAME})})}
)
_INGRESS_PATH = fields({"path": _PATH, "pathType": one_of("Prefix", "Exact"), "backend": _BACKEND})
_PEERS = listing(fields({"podSelector": _SELECTOR}))

_KINDS: Mapping[tuple[str, str], tuple[Shape, Mapping[str, Shape], Mapping[str, Shape]]] = {
    ("apps/v1", "Deployment"): (
        _SUBDOMAIN,
        {
            "spec": fields(
                {"selector": _SELECTOR, "template": _TEMPLATE},
                {
                    "replicas": number(),
                    "strategy": fields({"type": one_of("Recreate", "RollingUpdate")}),
                },
            )
        },
        {},
    ),
    ("apps/v1", "StatefulSet"): (
        _LABEL,
        {
            "spec": fields(
                {"selector": _SELECTOR, "template": _TEMPLATE, "serviceName": _HOST},
                {
                    "replicas": number(),
                    "podManagementPolicy": one_of("OrderedReady", "Parallel"),
                    "volumeClaimTemplates": listing(
                        fields({"metadata": _metadata(_LABEL), "spec": _CLAIM})
                    ),
                },
            )
        },
        {},
    ),
    ("batch/v1", "Job"): (
        _LABEL,
        {"spec": fields({"template": _TEMPLATE}, {"backoffLimit": number()})},
        {},
    ),
    ("v1", "Service"): (
        _HOST,
        {
            "spec": fields(
                {"selector": _LABELS},
                {
                    "type": one_of("ClusterIP", "NodePort", "LoadBalancer"),
                    "clusterIP": one_of("None"),
                    "ports": listing(_SERVICE_PORT, least=1),
                },
            )
        },
        {},
    ),
    ("v1", "ConfigMap"): (
        _SUBDOMAIN,
        {},
        {"data": mapping(_DATA_KEY, text()), "binaryData": mapping(_DATA_KEY, _BASE64)},
    ),
    ("v1", "Secret"): (
        _SUBDOMAIN,
        {},
        {"type": text(), "data": mapping(_DATA_KEY, _BASE64)},
    ),
    ("v1", "PersistentVolumeClaim"): (_SUBDOMAIN, {"spec": _CLAIM}, {}),
    ("networking.k8s.io/v1", "Ingress"): (
        _SUBDOMAIN,
        {
            "spec": fields(
                {
                    "rules": listing(
                        fields(
                            {"http": fields({"paths": listing(_INGRESS_PATH, least=1)})},
                            {"host": _SUBDOMAIN},
                        )
                    )
                },
                {
                    "ingressClassName": _SUBDOMAIN,
                    "tls": listing(
                        fields({"secretName": _SUBDOMAIN}, {"hosts": listing(_SUBDOMAIN)})
                    ),
                },
            )
        },
        {},
    ),
    ("networking.k8s.io/v1", "NetworkPolicy"): (
        _SUBDOMAIN,
        {
            "spec": fields(
                {"podSelector": _SELECTOR},
                {
                    "policyTypes": listing(one_of("Ingress", "Egress")),
                    "ingress": listing(
                        fields(
                            {},
                            {
                                "from": _PEERS,
                                "ports": listing(fields({"port": _PORT, "protocol": _PROTOCOL})),
                            },
                        )
                    ),
                },
            )
        },
        {},
    ),
}


def _shapes() -> dict[tuple[str, str], Shape]:
    return {
        kind: fields(
            {"apiVersion": text(), "kind": text(), "metadata": _metadata(name), **needed}, further
        )
        for kind, (name, needed, further) in _KINDS.items()
    }


_SHAPES = _shapes()


def shape(one: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the shape of an object."""
    kind = (str(one.get("apiVersion")), str(one.get("kind")))
    known = _SHAPES.get(kind)
    if known is None:
        yield f"there is no {kind[1]} in {kind[0]}."
        return
    yield from known(one, kind[1])
