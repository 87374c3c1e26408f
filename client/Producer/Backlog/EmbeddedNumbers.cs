using System.Text.Json;
using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Services;

namespace Orleans.Kpl.Producer.Backlog;

/// <summary>How far an embedded producer has given numbers, and those that ended before and had the same folder.</summary>
/// <param name="store">The folder; null where there is none.</param>
internal sealed class EmbeddedNumbers(ProducerPipeline pipeline, RecentFailures failures, FileBacklogStore? store, TimeProvider time)
{
    /// <summary>Tells it of a stream, while this producer runs.</summary>
    /// <exception cref="StreamManagerException">The folder cannot be read.</exception>
    public LastNumbers Of(string stream)
    {
        try
        {
            var (own, former) = (pipeline.NumbersOf(stream), store is null ? new LastNumbers() : Freed(stream, Read(store.Folder, stream)));
            return former with { Lines = [.. own.Lines, .. former.Lines] };
        }
        catch (BacklogStoreException e)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, e.Message);
        }
    }

    /// <summary>Writes it down for those that look when this producer has ended, which it has.</summary>
    public Task KeepAsync() => store is null
        ? Task.CompletedTask
        : EndedNumbers.KeepAllAsync(
            store, pipeline.NumberedStreams, (stream, former) => EndedNumbers.Join(Freed(stream, former), Own(stream), time.GetUtcNow()),
            pipeline.TellNumbersNotKept, CancellationToken.None);

    /// <summary>Reads what a folder tells of a stream, whoever uses it.</summary>
    /// <exception cref="BacklogStoreException">The folder cannot be read.</exception>
    public static LastNumbers Read(string directory, string stream)
    {
        try
        {
            return EndedNumbers.Read(FileBacklogStore.ReadRow(directory, EndedNumbers.Kind, stream));
        }
        catch (JsonException e)
        {
            throw new BacklogStoreException($"what the backlog in {directory} tells of the numbers of {stream} cannot be read: {e.Message}", inner: e);
        }
    }

    private LastNumbers Own(string stream)
    {
        var (isInBacklog, page) = (HoldsSome(stream), failures.Page(stream, 0, RecentFailures.Kept));
        return new LastNumbers
        {
            Lines = [.. pipeline.NumbersOf(stream).Lines.Select(l => l with { IsInBacklog = isInBacklog })],
            Failed = [.. page.Failures.Select(static f => f.ProducerNumber).OfType<string>()],
            FailedBeyond = page.Missed,
        };
    }

    /// <remarks>The folder is this producer's: once it knows that nothing lies there, no record of the former ones does.</remarks>
    private LastNumbers Freed(string stream, LastNumbers former) => pipeline.Recovered.IsCompletedSuccessfully && !HoldsSome(stream)
        ? former with { Lines = [.. former.Lines.Select(static l => l with { IsInBacklog = false })] }
        : former;

    /// <summary>Whether the folder has records of a stream. Nobody tells the numbers of its dead letters when the process has ended.</summary>
    private bool HoldsSome(string stream) => pipeline.GetLedger(stream) is { InBacklog: > 0 } or { DeadLettered: > 0 };
}
