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
    private readonly ConcurrentDictionary<Guid, Task<VersionAnswer>> _flights = new();

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

    private static async ValueTask<GlueSchemaVersion> WaitAsync(Task<VersionAnswer> flight, CancellationToken cancellationToken) =>
        (await flight.WaitAsync(cancellationToken).ConfigureAwait(false)).GetOrThrow();

    private Task<VersionAnswer> Ask(Guid id)
    {
        var answer = new TaskCompletionSource<VersionAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var flight = _flights.GetOrAdd(id, answer.Task);
        if (flight == answer.Task)
            _ = AnswerAsync(id, answer);
        return flight;
    }

    private async Task AnswerAsync(Guid id, TaskCompletionSource<VersionAnswer> answer)
    {
        VersionAnswer found;
        try
        {
            found = new(await ReadAsync(id).ConfigureAwait(false), null);
            Keep(found.Version!);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            found = new(null, new ObjectDisposedException(nameof(GlueSchemaRegistry)));
        }
        catch (Exception error)
        {
            found = new(null, error);
            if (error is GlueSchemaException { Code: NotFound })
                _known.TryRemove(id, out _);
            else if (_known.TryGetValue(id, out var known))
                _known[id] = new ReadVersion(known.Version, time.GetTimestamp(), SchemaCache.FailureTime);
        }

        // Last, so that who comes between finds the version or waits for it, and makes no call.
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

/// <summary>How one call for a version ended. A task of it never faults, so that none is left unobserved.</summary>
/// <param name="Version">The version; null where there is none.</param>
/// <param name="Error">Why there is none.</param>
internal readonly record struct VersionAnswer(GlueSchemaVersion? Version, Exception? Error)
{
    /// <exception cref="GlueSchemaException">There is none.</exception>
    public GlueSchemaVersion GetOrThrow() => Version ?? throw SchemaAnswer.Again(Error!);
}
