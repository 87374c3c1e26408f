using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>Says that one other silo owns every shard.</summary>
internal sealed class OneOwnerCluster : IShardDirectory, ISiloLinks
{
    private int _asked;

    public SiloId Owner { get; set; } = FakeMembership.Silo(2);

    /// <summary>Tenures of the owner; 0 where the stream is not ordered.</summary>
    public long Epoch { get; init; } = 1;

    public FakeLink Link { get; set; } = new();

    /// <summary>Whether nobody answers whose a shard is, not even with an error.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Whether nobody can say whose a shard is.</summary>
    public bool IsDown { get; set; }

    /// <summary>What is thrown instead of an answer; null for nothing.</summary>
    public Exception? Throws { get; set; }

    /// <summary>Called when it is asked, by whoever asks; null for nothing.</summary>
    public Action? OnAsked { get; set; }

    /// <summary>How often it was asked.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public Task<ShardAnswer> LocateAsync(ShardKey shard)
    {
        Interlocked.Increment(ref _asked);
        OnAsked?.Invoke();
        if (IsDown)
            throw new TimeoutException("nobody answers");
        if (Throws is { } thrown)
            throw thrown;
        return IsSilent ? new TaskCompletionSource<ShardAnswer>().Task : Task.FromResult(new ShardAnswer(Owner, Epoch, IsOpen: true));
    }

    public Task MoveAsync(ShardKey shard, SiloId target) => Task.CompletedTask;

    public ISiloCalls To(SiloId silo) => Link;
}
