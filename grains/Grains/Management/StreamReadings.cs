using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Management;

/// <summary>
/// Reads the state of one stream from Kinesis once for all silos: its open and closed shards and its description. When the open shards have
/// changed, every silo is notified with one call. For one activation: not thread-safe.
/// </summary>
internal sealed partial class StreamReadings
{
    private readonly string _stream;
    private readonly KplOptions _options;
    private readonly IKinesisGateway _kinesis;
    private readonly SiloLinks _links;
    private readonly LiveSilos _silos;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SharedReading<ShardListing> _open;
    private readonly SharedReading<ShardListing> _closed;
    private readonly SharedReading<StreamDescription> _description;
    private readonly long _epoch;
    private ShardListing? _current;
    private DateTimeOffset _readAt;
    private DateTimeOffset _createdAt;
    private long _number;

    /// <param name="stream">The stream.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="kinesis">The gateway to Kinesis itself.</param>
    /// <param name="links">The links to the other silos.</param>
    /// <param name="silos">The silos there are.</param>
    /// <param name="time">The clock; the time when these readings began is part of every version.</param>
    /// <param name="logger">Logs silos that could not be notified.</param>
    public StreamReadings(string stream, KplOptions options, IKinesisGateway kinesis, SiloLinks links, LiveSilos silos, TimeProvider time, ILogger logger)
    {
        (_stream, _options, _kinesis, _links, _silos, _time, _logger) = (stream, options, kinesis, links, silos, time, logger);
        _open = new SharedReading<ShardListing>(ReadOpenAsync);
        _closed = new SharedReading<ShardListing>(ReadClosedAsync);
        _description = new SharedReading<StreamDescription>(ReadDescriptionAsync);
        _epoch = time.GetUtcNow().UtcTicks;
    }

    private StreamTarget Target => StreamTarget.Of(_stream, _options.GetStream(_stream));

    /// <summary>
    /// Returns the open shards in the known version or a newer one; otherwise those of a reading that begins after the call.
    /// </summary>
    public Task<ShardListing> OpenAsync(MapVersion? known) =>
        known is { } version && _current is { } current && current.Version >= version ? Task.FromResult(current) : _open.ReadAsync();

    public Task<ShardListing> ClosedAsync() => _closed.ReadAsync();

    public Task<StreamDescription> DescriptionAsync() => _description.ReadAsync();

    /// <summary>Returns the open shards of the last reading; reads them if there was none.</summary>
    /// <exception cref="StreamManagerException">Kinesis did not return them.</exception>
    public async Task<StreamShards> ShardsAsync() => ToldBy(_current is { Error: null } current ? current : await _open.ReadAsync());

    /// <summary>Reads the open shards anew.</summary>
    /// <exception cref="StreamManagerException">Kinesis did not return them.</exception>
    public async Task<StreamShards> FreshShardsAsync() => ToldBy(await _open.ReadAsync());

    private StreamShards ToldBy(ShardListing listing) => listing.Error is { } error
        ? throw new StreamManagerException(error.Code, error.Message)
        : new StreamShards { Stream = _stream, Version = listing.Version, ReadAt = _readAt, Shards = listing.Shards };

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

    /// <summary>Notifies every silo that it should read the map; a silo that is not reached reads it within the refresh period.</summary>
    private async Task TellAllAsync()
    {
        foreach (var silo in _silos.Owners)
        {
            try
            {
                await _links.To(silo).MapChanged(_stream);
            }
            catch (Exception e)
            {
                LogNotTold(e, silo, _stream);
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
