using Orleans.Kpl.Management;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Kpl.Grains.Backlog;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Owners;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Placement;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Management;

/// <summary>
/// The one in the cluster that asks Kinesis about a stream. What it reads goes to whoever asked; when the shards have changed,
/// every silo is told, one call each.
/// </summary>
[GrainType("kpl-manager"), Reentrant, Immovable, KeepAlive]
internal sealed partial class StreamManagerGrain : Grain, IStreamManager, IShardMapSource
{
    private readonly KplOptions _options;
    private readonly IKinesisGateway _kinesis;
    private readonly StreamNames _names;
    private readonly SiloLinks _links;
    private readonly LiveSilos _silos;
    private readonly StreamAdmins _admins;
    private readonly ClusterProducer _producer;
    private readonly TimeProvider _time;
    private readonly ILogger<StreamManagerGrain> _logger;
    private readonly SharedReading<ShardListing> _open;
    private readonly SharedReading<ShardListing> _closed;
    private readonly SharedReading<StreamDescription> _description;
    private readonly FailureList _failures;
    private readonly long _epoch;
    private ShardListing? _current;
    private DateTimeOffset _readAt;
    private DateTimeOffset _createdAt;
    private long _number;

    public StreamManagerGrain(
        KplOptions options, KinesisAccess kinesis, StreamNames names, SiloLinks links, LiveSilos silos, StreamAdmins admins, ClusterProducer producer, TierBacklog backlog,
        TimeProvider time, ILogger<StreamManagerGrain> logger)
    {
        (_options, _kinesis, _names, _links, _silos, _admins, _producer, _time, _logger) =
            (options, kinesis.Gateway, names, links, silos, admins, producer, time, logger);
        _open = new SharedReading<ShardListing>(ReadOpenAsync);
        _closed = new SharedReading<ShardListing>(ReadClosedAsync);
        _description = new SharedReading<StreamDescription>(ReadDescriptionAsync);
        _failures = new FailureList(time.GetUtcNow());
        _letters = new DeadLetterKeeper(Stream, backlog.Letters, _failures, producer.Events, time);
        _epoch = time.GetUtcNow().UtcTicks;
    }

    private string Stream => this.GetPrimaryKeyString();

    private StreamTarget Target => StreamTarget.Of(Stream, _options.GetStream(Stream));

    public Task<ShardListing> ListShards(MapVersion? known) =>
        known is { } version && _current is { } current && current.Version >= version ? Task.FromResult(current) : _open.ReadAsync();

    public Task<ShardListing> ListClosedShards() => _closed.ReadAsync();

    public Task<StreamDescription> DescribeStream() => _description.ReadAsync();

    public Task ReportFailures(FailureReport report)
    {
        _failures.Add(report);
        return Task.CompletedTask;
    }

    public async Task<StreamShards> GetShards()
    {
        if (await OtherAsync() is { } other)
            return await other.GetShards();
        return Told(_current is { Error: null } current ? current : await _open.ReadAsync());
    }

    public async Task<StreamShards> RefreshShards()
    {
        if (await OtherAsync() is { } other)
            return await other.RefreshShards();
        return Told(await _open.ReadAsync());
    }

    public async Task<FailurePage> GetFailures(long after = 0, int max = 100)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, 1_000);
        if (await OtherAsync() is { } other)
            return await other.GetFailures(after, max);
        await FindFailuresAsync();
        return _failures.Page(after, max);
    }

    /// <summary>The manager under the stream's one name; null when that is this one.</summary>
    private async Task<IStreamManager?> OtherAsync()
    {
        var name = await _names.CanonicalAsync(Stream);
        return name == Stream ? null : GrainFactory.GetGrain<IStreamManager>(name);
    }

    private StreamShards Told(ShardListing listing) => listing.Error is { } error
        ? throw new StreamManagerException(error.Code, error.Message)
        : new StreamShards { Stream = Stream, Version = listing.Version, ReadAt = _readAt, Shards = listing.Shards };

    private async Task<ShardListing> ReadOpenAsync()
    {
        try
        {
            var shards = await _kinesis.ListShardsAsync(Target, CancellationToken.None);
            var listed = Listed(shards);
            _readAt = _time.GetUtcNow();
            if (_current is null || !_current.Shards.SequenceEqual(listed))
            {
                var isNews = _current is not null;
                _current = new ShardListing { Version = new MapVersion(_createdAt, _epoch, ++_number), Shards = listed };
                if (isNews)
                    _ = TellAllAsync();
            }

            return _current;
        }
        catch (KinesisException e)
        {
            return new ShardListing { Error = ErrorOf(e) };
        }
    }

    private async Task<ShardListing> ReadClosedAsync()
    {
        try
        {
            return new ShardListing { Shards = Listed(await _kinesis.ListClosedShardsAsync(Target, CancellationToken.None)) };
        }
        catch (KinesisException e)
        {
            return new ShardListing { Error = ErrorOf(e) };
        }
    }

    private async Task<StreamDescription> ReadDescriptionAsync()
    {
        try
        {
            var summary = await _kinesis.DescribeStreamSummaryAsync(Target, CancellationToken.None);
            _createdAt = summary.CreationTime;
            return new StreamDescription
            {
                StreamArn = summary.StreamArn,
                Status = summary.Status,
                CreationTime = summary.CreationTime,
                MaxRecordSizeInKiB = summary.MaxRecordSizeInKiB,
                OnDemand = summary.OnDemand,
            };
        }
        catch (KinesisException e)
        {
            return new StreamDescription { Error = ErrorOf(e) };
        }
    }

    /// <summary>Tells every silo to read the map; a silo that is not reached reads it within the refresh period.</summary>
    private async Task TellAllAsync()
    {
        foreach (var silo in _silos.Owners)
        {
            try
            {
                await _links.To(silo).MapChanged(Stream);
            }
            catch (Exception e)
            {
                LogNotTold(e, silo, Stream);
            }
        }
    }

    private static ImmutableArray<StreamShard> Listed(IReadOnlyList<ShardRange> shards) =>
        [.. shards.Select(static s => new StreamShard
        {
            ShardId = s.ShardId,
            StartingHashKey = s.StartingHashKey,
            EndingHashKey = s.EndingHashKey,
            StartingSequenceNumber = s.StartingSequenceNumber,
        })];

    private static KinesisError ErrorOf(KinesisException e) => new() { Kind = (int)e.Kind, Code = e.Code, Message = e.Message, HttpStatus = e.HttpStatus };

    [LoggerMessage(67, LogLevel.Warning, "Silo {Silo} was not told that the shards of {Stream} have changed")]
    private partial void LogNotTold(Exception error, SiloAddress silo, string stream);
}

/// <summary>The way to Kinesis itself, for those who may ask it about shards.</summary>
internal sealed record KinesisAccess(IKinesisGateway Gateway);
