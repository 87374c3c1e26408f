using Orleans.Kpl.LocalKinesis.Faults.Switchboard;
using Orleans.Kpl.LocalKinesis.Resharding;

namespace Orleans.Kpl.LocalKinesis;

/// <summary>
/// The endpoint from inside its process: streams, reshards and the account of what was applied. Errors of the service are
/// <see cref="InvalidOperationException"/>s here, with its words. A stream is named by its name or its ARN.
/// </summary>
public sealed class KinesisEndpoint
{
    private readonly StreamStore _store;

    internal KinesisEndpoint(StreamStore store)
    {
        _store = store;
        Faults = new(store.Settings.Clock, store.Settings.Options.Seed);
    }

    /// <summary>Faults that a test switches on.</summary>
    public FaultSwitchboard Faults { get; }

    /// <summary>How the next reshards go, whoever asks for them.</summary>
    /// <exception cref="ArgumentException">A time is out of range; the message names all that are.</exception>
    public ReshardTiming Reshards
    {
        get => _store.Settings.Reshards;
        set
        {
            var errors = value.Check().ToList();
            if (errors.Count > 0) throw new ArgumentException(string.Join("; ", errors), nameof(value));
            _store.Settings.Reshards = value;
        }
    }

    /// <summary>The streams that exist, by name.</summary>
    public IReadOnlyList<StreamSnapshot> Streams => [.. _store.Streams.Select(Snapshots.Of)];

    /// <summary>Deleted streams, oldest first, as they were in the end.</summary>
    public IReadOnlyList<StreamSnapshot> FormerStreams => [.. _store.FormerStreams.Select(Snapshots.Of)];

    /// <summary>Makes a stream with even shards; it is ACTIVE when this completes.</summary>
    public Task<StreamSnapshot> CreateStreamAsync(string name, int shards)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        return Task.FromResult(Run(() =>
        {
            Constraints.Read(c => c.Name(name, "streamName"));
            return Snapshots.Of(_store.Create(name, shards, StreamMode.Provisioned, TimeSpan.Zero));
        }));
    }

    /// <summary>Returns the stream; null if there is none.</summary>
    public StreamSnapshot? Find(string stream) => _store.Find(stream) is { } found ? Snapshots.Of(found) : null;

    /// <summary>The stream.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public StreamSnapshot Get(string stream) => Run(() => Snapshots.Of(_store.Get(stream)));

    /// <summary>Splits a shard; the stream is UPDATING until the children are there.</summary>
    public void Split(string stream, string shardId, UInt128 newStartingHashKey) =>
        Run(() => Reshard.Split(_store, _store.Get(stream), shardId, newStartingHashKey));

    /// <summary>Merges two neighbours; the stream is UPDATING until the child is there.</summary>
    public void Merge(string stream, string shardId, string adjacentShardId) =>
        Run(() => Reshard.Merge(_store.Get(stream), shardId, adjacentShardId));

    /// <summary>Even ranges for another number of shards, at most double and at least half.</summary>
    public void UpdateShardCount(string stream, int target)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(target, 1);
        Run(() => UniformScaling.Start(_store, _store.Get(stream), target));
    }

    /// <summary>Deletes a stream; it is DELETING for a while.</summary>
    public void Delete(string stream) => Run(() => _store.Delete(_store.Get(stream)));

    /// <summary>
    /// The applied records that retention still keeps, shard by shard, each shard in order. If a stream was deleted and created again, those of the one
    /// that exists; <paramref name="createdAt"/> selects another one.
    /// </summary>
    public IEnumerable<AppliedRecord> GetApplied(string stream, string? shardId = null, DateTimeOffset? createdAt = null)
    {
        var name = StreamStore.NameOf(stream);
        var found = _store.Streams.Concat(_store.FormerStreams.Reverse())
            .FirstOrDefault(known => known.Name == name && (createdAt is null || known.CreatedAtTicks == createdAt.Value.UtcTicks))
            ?? throw new InvalidOperationException(KinesisErrors.ResourceNotFound(name).Message);
        return found.Shards.Where(shard => shardId is null || shard.Id == shardId).SelectMany(Snapshots.Records);
    }

    private static void Run(Action action) => Run(() =>
    {
        action();
        return true;
    });

    private static T Run<T>(Func<T> function)
    {
        try
        {
            return function();
        }
        catch (KinesisException error)
        {
            throw new InvalidOperationException($"{error.Type}: {error.Message}", error);
        }
    }
}
