# Starts Ceph's gateway on a cluster of one monitor and one store in memory, all in the foreground.
# Arguments: a directory for its data, the gateway's port, the monitor's port, the access key's id,
# its secret half. On another run with the same directory everything is made anew.
set -e
data=$1 port=$2 monitor=$3 access=$4 secret=$5
rm -rf "$data"
mkdir -p "$data"/{mon,osd,rgw,log}
id() { cat /proc/sys/kernel/random/uuid; }
cluster=$(id) store=$(id)
export CEPH_CONF=$data/ceph.conf
cat > "$CEPH_CONF" <<END
[global]
fsid = $cluster
mon host = v2:127.0.0.1:$monitor
mon initial members = a
public addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd crush chooseleaf type = 0
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
log file = $data/log/\$name.log
pid file = $data/\$name.pid
admin socket = $data/\$name.asok
run dir = $data
ms bind ipv6 = false
keyring = $data/keyring
[mon.a]
mon data = $data/mon
mon addr = v2:127.0.0.1:$monitor
[osd.0]
osd data = $data/osd
osd objectstore = memstore
memstore device bytes = 2147483648
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw enable usage log = false
rgw thread pool size = 32
END
ceph-authtool --create-keyring "$data/keyring" --gen-key -n mon. --cap mon 'allow *'
ceph-authtool "$data/keyring" --gen-key -n client.admin \
  --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
monmaptool --create --fsid "$cluster" --addv a "[v2:127.0.0.1:$monitor]" "$data/monmap"
ceph-mon --mkfs -i a --monmap "$data/monmap" --keyring "$data/keyring"
ceph-mon -f -i a &
timeout 30 ceph osd new "$store"
timeout 10 ceph auth get-or-create osd.0 mon 'allow profile osd' osd 'allow *' >> "$data/keyring"
ceph-osd -i 0 --mkfs --osd-uuid "$store"
ceph-osd -f -i 0 &
timeout 10 ceph auth get-or-create client.rgw.a \
  mon 'allow rwx' osd 'allow rwx' mgr 'allow rw' >> "$data/keyring"
timeout 60 radosgw-admin user create --uid=test --display-name=test \
  --access-key="$access" --secret="$secret" >/dev/null
exec radosgw -f -n client.rgw.a --no-mon-config
