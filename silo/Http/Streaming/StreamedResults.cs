using System.Text.Json;
using System.Threading.Channels;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Streaming;

/// <summary>Writes the results of a request whose lines are still coming, in the order of the lines.</summary>
/// <param name="statusCode">The status of an answer that begins.</param>
/// <param name="isTold">Whether the caller may read AWS's own messages.</param>
internal sealed partial class StreamedResults(HttpContext context, int statusCode, bool isTold, TimeProvider time, ILogger logger)
{
    /// <summary>How long a client may leave a part of its results unread.</summary>
    public static readonly TimeSpan MostUnread = TimeSpan.FromSeconds(30);

    // So small that whoever reads slowly is not taken for one who does not read.
    private const int PartBytes = 16 << 10;

    private bool _isGone;

    /// <summary>Awaits every window and writes its results. It goes on to the last one where nobody reads any more: what was accepted ends.</summary>
    /// <param name="windows">The windows; completed where an error ends this, so that nobody waits for it to take more.</param>
    /// <param name="stop">Stops taking lines.</param>
    /// <returns>Why the whole request is refused: the stream of its first records does not exist. Else null.</returns>
    public async Task<RequestRefusedException?> WriteAsync(Channel<StreamedWindow> windows, Action stop)
    {
        using var answer = new AnswerBuffer();
        RequestRefusedException? refused = null;
        try
        {
            await foreach (var window in windows.Reader.ReadAllAsync())
            {
                using var batch = window.Batch;
                if (batch is not null)
                    await batch.Delivery;
                if (refused is not null)
                    continue;
                if (!context.Response.HasStarted && batch is not null && RefusedStream.Find(batch.Results, isTold) is { } found)
                {
                    refused = found;
                    stop();
                    continue;
                }
                await WriteAsync(answer, new BatchAnswer(batch, window.Errors, ContentKind.Lines, isTold));
            }
        }
        finally
        {
            windows.Writer.TryComplete();
        }
        return refused;
    }

    /// <summary>Ends the answer, with a last line where it ends before the lines did.</summary>
    public async Task EndAsync(RequestRefusedException? early)
    {
        using var answer = new AnswerBuffer();
        if (early is not null)
        {
            using (var json = new Utf8JsonWriter(answer, AnswerBuffer.Json))
                ErrorAnswer.Write(json, early.Code, early.Message);
            answer.Write("\n"u8);
        }
        await FlushAsync(answer);
    }

    private async Task WriteAsync(AnswerBuffer answer, BatchAnswer results)
    {
        bool isMore;
        do
        {
            isMore = results.WritePart(answer, PartBytes);
            await FlushAsync(answer);
        }
        while (isMore);
    }

    private async Task FlushAsync(AnswerBuffer answer)
    {
        if (_isGone || context.RequestAborted.IsCancellationRequested)
        {
            answer.Clear();
            return;
        }
        if (!context.Response.HasStarted)
            AnswerBuffer.Begin(context.Response, statusCode, ContentType.Lines);
        var flush = answer.FlushAsync(context.Response);
        if (flush.IsCompletedSuccessfully)
            return;
        try
        {
            await flush.WaitAsync(MostUnread, time);
        }
        catch (TimeoutException)
        {
            LogUnread(logger, RequestText.TargetOf(context), MostUnread.TotalSeconds);
            _isGone = true;
            context.Abort();
        }
        catch (OperationCanceledException)
        {
            _isGone = true; // the connection is gone
        }
    }

    [LoggerMessage(226, LogLevel.Warning, "A client of {Target} left its results unread for {Seconds} s and was cut off")]
    private static partial void LogUnread(ILogger logger, string target, double seconds);
}

/// <summary>Lines that were taken or refused together.</summary>
/// <param name="Batch">The records that were accepted; null for none.</param>
/// <param name="Errors">The lines that were not, by their position.</param>
internal sealed record StreamedWindow(EnqueuedBatch? Batch, IReadOnlyList<RecordError> Errors)
{
    /// <summary>A window of which no line was taken.</summary>
    /// <param name="code">The error code of those that are valid.</param>
    public static StreamedWindow Refuse(RecordBuffer records, string code, string message)
    {
        var errors = new RecordError[records.Count];
        for (var i = 0; i < errors.Length; i++)
            errors[i] = new RecordError(i, code, message);
        foreach (var invalid in records.Errors)
            errors[invalid.Position] = invalid;
        return new StreamedWindow(null, errors);
    }
}
