using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Reading.Inflating;

namespace Orleans.Kpl.Http.Streaming;

/// <summary>
/// Takes lines while they come, and answers them while more come. What is wrong with the first window is the answer of the request, as elsewhere;
/// later, each line that is refused has its own failed result. Lines that have no result were not taken.
/// </summary>
internal sealed class StreamedPut(
    IKplProducer producer, IngestLedger ledger, IngestGate gate, StreamGate streams, BodyMemory memory, ReadingPermits permits,
    IOptions<KplHttpOptions> options, FailureAnswers failures, TimeProvider time, ILogger<StreamedPut> logger)
{
    /// <summary>The windows of one request that were accepted and whose results were not written. More wait in the client.</summary>
    public const int MostWindows = 16;

    public async Task RunAsync(HttpContext context, StreamedRequest request)
    {
        var encoding = ContentEncoding.Read(context.Request, isEndless: true);
        BodyReader.LiftServerLimit(context);
        // Logs have pauses. StreamedLines limits how long a line takes.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } pace)
            pace.MinDataRate = null;
        var arrived = new ArrivedBytes(context.Request.BodyReader, long.MaxValue, default);
        using var inflation = encoding == BodyEncoding.None ? null : BodyInflation.Open(encoding, context.Request.BodyReader);
        using var share = new StreamedShare(context, options.Value.AcceptTimeout, time);
        using var lines = new StreamedLines(arrived, inflation, memory, share, permits, request, options.Value, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, gate.Closing);

        await share.OpenAsync(stop.Token);
        var status = request.IsAccepted ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;
        var results = new StreamedResults(context, status, ToldDetail.IsOf(context, request.Stream), time, logger);
        // Its failures are those of the request.
        if (await TakeAsync(context, request, lines, share, isFirst: true, stop.Token) is not { } first)
        {
            await results.EndAsync(null);
            return;
        }

        var windows = Channel.CreateBounded<StreamedWindow>(new BoundedChannelOptions(MostWindows) { SingleReader = true, SingleWriter = true });
        windows.Writer.TryWrite(first);
        var writing = results.WriteAsync(windows, stop.Cancel);
        var early = await TakeRestAsync(context, request, lines, share, windows.Writer, stop.Token);
        if (await writing is { } refused)
        {
            streams.Note(request.Stream, refused.Code);
            throw refused;
        }
        await results.EndAsync(early);
        // A body that was not read to its end would have its stream reset, and curl would not take the last line.
        if (early is null)
            return;
        // Other requests may have its memory, and its share of what its identity may use, meanwhile.
        lines.Dispose();
        share.Dispose();
        await BodyReader.DiscardAsync(context);
    }

    /// <summary>Takes all further windows, and returns why it stopped before the last line; null where it did not.</summary>
    private async Task<RequestRefusedException?> TakeRestAsync(
        HttpContext context, StreamedRequest request, StreamedLines lines, StreamedShare share, ChannelWriter<StreamedWindow> windows, CancellationToken stop)
    {
        try
        {
            while (await TakeAsync(context, request, lines, share, isFirst: false, stop) is { } window)
                await windows.WriteAsync(window, CancellationToken.None); // it was accepted, so its results are awaited
            return null;
        }
        catch (Exception failure)
        {
            return Explain(context, failure);
        }
        finally
        {
            windows.TryComplete();
        }
    }

    /// <summary>Takes the lines that are there; null where there will be no more.</summary>
    private async ValueTask<StreamedWindow?> TakeAsync(
        HttpContext context, StreamedRequest request, StreamedLines lines, StreamedShare share, bool isFirst, CancellationToken stop)
    {
        using var records = new RecordBuffer(StreamedLines.MostRecords, isLater: !isFirst);
        if (!await lines.ReadAsync(records, stop))
            return null;
        try
        {
            await share.EnterAsync(lines.WindowLength, records.Records.Length, isFirst, stop);
            if (records.Records.IsEmpty)
                return new StreamedWindow(null, records.Errors);
            streams.Enter(request.Stream, CallerRights.Find(context)?.Id);
            // A client that hangs up cancels what was not accepted: it would send it again.
            var batch = await producer.EnqueueAsync(request.Stream, records.Records, request.Ack, context.RequestAborted);
            ledger.Note(request.Stream);
            share.Settle();
            return new StreamedWindow(batch, records.Errors);
        }
        catch (AcceptTimeoutException)
        {
            share.Refund(isRefused: true);
            if (isFirst)
                throw;
            return StreamedWindow.Refuse(records, HttpErrorCodes.TooManyRequests,
                $"there was no room for the line within {options.Value.AcceptTimeout.TotalSeconds:0.###} s (Kpl:Http:AcceptTimeout); it was not taken");
        }
        catch (RequestRefusedException refused) when (refused.StatusCode == StatusCodes.Status429TooManyRequests)
        {
            share.Refund(isRefused: true);
            if (isFirst)
                throw;
            return StreamedWindow.Refuse(records, refused.Code, refused.Message);
        }
        catch
        {
            share.Refund(isRefused: gate.IsDraining); // else the client went away, or its lines were no good
            throw;
        }
    }

    /// <summary>Returns what the last line says of a failure.</summary>
    private RequestRefusedException Explain(HttpContext context, Exception failure)
    {
        switch (failure)
        {
            case RequestRefusedException refused:
                return refused;
            case BadHttpRequestException bad:
                return RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, bad.Message);
            case ObjectDisposedException or OperationCanceledException when gate.IsDraining:
                return new RequestRefusedException(
                    StatusCodes.Status503ServiceUnavailable, HttpErrorCodes.Draining, "this process is shutting down; lines without a result were not taken");
            case OperationCanceledException or ConnectionResetException or ConnectionAbortedException:
                return RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, "the connection ended"); // nobody reads it
            default:
                return failures.Tell(context, failure);
        }
    }
}
