using System.Collections.Concurrent;
using Orleans.Kpl.Aws.Glue;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Glue.Registry;

/// <summary>
/// The versions that readers ask for. One that is not known is asked for once, however many wait for it. A version never changes: after the time-to-live it
/// is asked for again to follow deletions only, and is used meanwhile.
/// </summary>
/// <param name="jitter">A number from 0 to 1 for each pause, so that many processes do not ask at once.</param>
/// <param name="closing">Is cancelled when the registry is disposed.</param>
internal sealed class VersionTable(ISchemaCalls calls, GlueOptions options, TimeProvider time, Func<double> jitter, CancellationToken closing)
{
    private const string NotFound = "EntityNotFoundException";

    private readonly ConcurrentDictionary<Guid, ReadVersion> _known = new();
    private readonly ConcurrentDictionary<Guid, Task<SchemaAnswer<GlueSchemaVersion>>> _flights = new();

    /// <param name="cancellationToken">Ends this wait, and not the call, which others may wait for.</param>
    /// <exception cref="GlueSchemaException">Glue did not return it.</exception>
    public ValueTask<GlueSchemaVersion> GetAsync(Guid id, CancellationToken cancellationToken)
    {
        if (!_known.TryGetValue(id, out var known))
            return WaitAsync(Ask(id), cancellationToken);
        if (time.GetElapsedTime(known.AskedAt) >= known.Rest)
            _ = Ask(id);
        return new(known.Version);
    }

    private static async ValueTask<GlueSchemaVersion> WaitAsync(Task<SchemaAnswer<GlueSchemaVersion>> flight, CancellationToken cancellationToken) =>
        (await flight.WaitAsync(cancellationToken).ConfigureAwait(false)).GetOrThrow();

    private Task<SchemaAnswer<GlueSchemaVersion>> Ask(Guid id)
    {
        var answer = new TaskCompletionSource<SchemaAnswer<GlueSchemaVersion>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var flight = _flights.GetOrAdd(id, answer.Task);
        if (flight == answer.Task)
            _ = AnswerAsync(id, answer);
        return flight;
    }

    private async Task AnswerAsync(Guid id, TaskCompletionSource<SchemaAnswer<GlueSchemaVersion>> answer)
    {
        var found = await SchemaErrors.CatchAsync(() => ReadAsync(id), closing).ConfigureAwait(false);
        if (found.Error is null)
            Keep(found.Value!);
        else if (found.Error is GlueSchemaException { Code: NotFound })
            _known.TryRemove(id, out _);
        else if (_known.TryGetValue(id, out var known))
            _known[id] = new ReadVersion(known.Version, time.GetTimestamp(), SchemaCache.FailureTime);

        // Last: whoever asks meanwhile finds the version, or waits for this answer.
        _flights.TryRemove(id, out _);
        answer.SetResult(found);
    }

    private async Task<GlueSchemaVersion> ReadAsync(Guid id)
    {
        using var attempts = new PatientCalls(
            options.MaxWait, time, jitter, $"schema version {id} was not returned", "Read the record again later", closing);
        try
        {
            var found = await attempts.CallAsync("GetSchemaVersion", token => calls.GetVersionAsync(id, token)).ConfigureAwait(false);
            return new GlueSchemaVersion
            {
                Id = found.Id, SchemaName = GlueNames.NameInArn(found.SchemaArn), SchemaArn = found.SchemaArn, DataFormat = found.DataFormat,
                Definition = found.Definition, Number = found.Number,
            };
        }
        catch (KinesisException error)
        {
            throw SchemaAdvice.Explain(error, attempts.Operation, id.ToString(), options);
        }
    }

    private void Keep(GlueSchemaVersion version)
    {
        while (_known.Count >= options.CacheSize && !_known.ContainsKey(version.Id)
            && _known.MinBy(static k => k.Value.AskedAt) is { Value: not null } oldest)
        {
            _known.TryRemove(oldest.Key, out _);
        }

        _known[version.Id] = new ReadVersion(version, time.GetTimestamp(), options.CacheTimeToLive);
    }
}

/// <summary>A version that readers use.</summary>
/// <param name="AskedAt">The time stamp of Glue's last answer.</param>
/// <param name="Rest">How long it is not asked for again.</param>
internal sealed record ReadVersion(GlueSchemaVersion Version, long AskedAt, TimeSpan Rest);
