using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>Says that one other silo owns every shard.</summary>
internal sealed class FakeCluster : IShardDirectory, ISiloLinks
{
    public SiloId Owner { get; set; } = FakeMembership.Silo(2);

    /// <summary>Tenures of the owner; 0 where the stream is not ordered.</summary>
    public long Epoch { get; init; } = 1;

    public FakeLink Link { get; set; } = new();

    /// <summary>Whether nobody answers whose a shard is, not even with an error.</summary>
    public bool IsSilent { get; set; }

    public Task<ShardAnswer> LocateAsync(ShardKey shard) =>
        IsSilent ? new TaskCompletionSource<ShardAnswer>().Task : Task.FromResult(new ShardAnswer(Owner, Epoch, IsOpen: true));

    public Task MoveAsync(ShardKey shard, SiloId target) => Task.CompletedTask;

    public ISiloCalls To(SiloId silo) => Link;
}
