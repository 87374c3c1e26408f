using System.Buffers;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>One silo from its start to its end.</summary>
internal sealed class SiloLife
{
    public required SiloHost Host { get; init; }

    public required SiloId Id { get; init; }

    public required SimulatedProcess Process { get; init; }

    /// <summary>The silos as it knows them.</summary>
    public required SiloView View { get; init; }

    public SiloNode Node { get; set; } = null!;

    /// <summary>Whether it has begun to take part in the cluster.</summary>
    public bool IsActive { get; set; }

    /// <summary>When it was taken for lost, or had ended; null before.</summary>
    public long? DeadSince { get; set; }

    /// <summary>Its stop in good order; null before.</summary>
    public Task? Stopping { get; set; }

    /// <summary>Whether it has stopped in good order.</summary>
    public bool HasEnded { get; set; }

    /// <summary>By the silo for which they are: clients' batches that have come, also by way of another silo, and are not answered, and their bytes.</summary>
    public Dictionary<SiloId, (int Batches, long Bytes)> Waiting { get; } = [];

    /// <summary>Whether calls to it can be answered, perhaps only once it is thawed.</summary>
    public bool IsThere => !Process.IsDead && !HasEnded;

    /// <summary>Gives it a client's batch, in memory that others use once it is given back.</summary>
    public async Task<ClientReply> AcceptAsync(string stream, ClientBatch batch)
    {
        CountWaiting(batch, 1);
        try
        {
            var received = new ReceivedBytes(batch.Records.ToArray());
            return await Node.Sessions.AcceptAsync(stream, batch with { Records = received.Memory, Owner = received }).ConfigureAwait(false);
        }
        finally
        {
            CountWaiting(batch, -1);
        }
    }

    private void CountWaiting(ClientBatch batch, int batches)
    {
        var waiting = Waiting.GetValueOrDefault(batch.Silo);
        Waiting[batch.Silo] = (waiting.Batches + batches, waiting.Bytes + (batches * batch.Records.Length));
    }
}

/// <summary>Memory from a pool, which has other bytes as soon as it is given back.</summary>
internal sealed class ReceivedBytes(byte[] bytes) : IMemoryOwner<byte>
{
    public Memory<byte> Memory => bytes;

    public void Dispose() => Array.Fill(bytes, (byte)0xEE);
}

/// <summary>The silos as one silo knows them.</summary>
internal sealed class SiloView : ISiloMembership
{
    private readonly SortedDictionary<SiloId, SiloStanding> _silos = [];
    private readonly List<Action<SiloId, SiloStanding>> _listeners = [];

    public SiloView(SiloId self, IEnumerable<KeyValuePair<SiloId, SiloStanding>> known)
    {
        Self = self;
        foreach (var (silo, standing) in known)
            _silos[silo] = standing;
    }

    public SiloId Self { get; }

    public IReadOnlyCollection<KeyValuePair<SiloId, SiloStanding>> Silos => _silos;

    public SiloStanding StandingOf(SiloId silo) => _silos.GetValueOrDefault(silo);

    public void Subscribe(Action<SiloId, SiloStanding> changed) => _listeners.Add(changed);

    /// <summary>Learns a change; an older one than what is known is ignored.</summary>
    public void Learn(SiloId silo, SiloStanding standing)
    {
        if (StandingOf(silo) >= standing)
            return;
        _silos[silo] = standing;
        foreach (var listener in _listeners)
            listener(silo, standing);
    }
}
