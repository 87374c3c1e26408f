using System.Buffers.Binary;
using Orleans.Kpl.Simulation.Cluster;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Simulation.Scale;

/// <summary>
/// Puts one record a second for each shard of a stream, in a few large batches at silos that take turns. A key lies in each half of each shard, so
/// that children of shards have records too.
/// </summary>
internal sealed class ScaleLoad(World world, ScalePlan plan, string stream, ServiceStream shards, ScaleRecords records, IReadOnlyList<SiloHost> hosts)
{
    /// <summary>Bytes of a record's data.</summary>
    private const int Bytes = 100;

    private readonly string[] _keys = KeysOf(2 * shards.OpenShards.Count);
    private readonly int _shards = shards.OpenShards.Count;
    private readonly Dictionary<int, (SiloHost Host, int Life)> _open = [];
    private long _batches;
    private int _second;

    /// <summary>Batches whose outcome is not told yet, and that somebody waits for.</summary>
    public int Open => _open.Values.Count(static b => !b.Host.IsGone(b.Life));

    /// <summary>Puts the records of one second, and goes on so.</summary>
    public void Begin()
    {
        if (world.Now >= plan.Time.Ticks)
            return;
        for (var batch = 0; batch < plan.Batches; batch++)
        {
            var part = (batch + (_second / plan.Batches)) % plan.Batches;
            world.After(TimeSpan.FromSeconds((batch + world.Dice.NextDouble()) / plan.Batches), () => Put(part));
        }

        _second++;
        world.After(TimeSpan.FromSeconds(1), Begin);
    }

    private void Put(int part)
    {
        // A silo that is down has no callers: the next one has them.
        var host = Enumerable.Range(0, hosts.Count).Select(i => hosts[(int)((_batches + i) % hosts.Count)]).First(static h => h.IsRunning);
        _batches++;
        // Until the shards are doubled, the halves of each take turns.
        var (from, step) = shards.OpenShards.Count < 2 * _shards ? (_second % 2, 2) : (0, 1);
        var count = (_keys.Length - from + step - 1) / step;
        var mine = (count - part + plan.Batches - 1) / plan.Batches;
        if (mine <= 0)
            return;
        var first = records.Add(mine);
        var batch = new UserRecord[mine];
        for (var i = 0; i < mine; i++)
        {
            var data = new byte[Bytes];
            BinaryPrimitives.WriteInt64BigEndian(data, first + i);
            batch[i] = new UserRecord(_keys[from + (step * (part + (i * plan.Batches)))], data);
        }

        _ = PutAsync(host, batch, first);
    }

    private async Task PutAsync(SiloHost host, UserRecord[] batch, int first)
    {
        var life = host.Life;
        _open[first] = (host, life);
        try
        {
            using var put = await host.Producer!.EnqueueAsync(stream, batch).ConfigureAwait(false);
            await put.Delivery.ConfigureAwait(false);
            if (!host.IsGone(life))
                End(put, first);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Its silo has gone down, and its callers with it.
        }
        catch (Exception e)
        {
            world.Violate($"a put threw {e}");
        }

        _open.Remove(first);
    }

    private void End(EnqueuedBatch put, int first)
    {
        var results = put.Results;
        for (var i = 0; i < results.Length; i++)
            records.End(stream, first + i, results[i]);
    }

    /// <summary>Finds one partition key for each of so many even ranges of hash keys.</summary>
    private static string[] KeysOf(int ranges)
    {
        var (keys, left) = (new string[ranges], ranges);
        for (var i = 0; left > 0; i++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"key-{i}");
            var place = (int)(StoredMember.HashOf(key) / (UInt128.MaxValue / (UInt128)ranges));
            if (place >= ranges || keys[place] is not null)
                continue;
            keys[place] = key;
            left--;
        }

        return keys;
    }
}
