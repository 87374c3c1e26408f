using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary><c>POST /events</c> and <c>POST /events/confirmed</c>: one record to the default stream.</summary>
internal sealed class EventEndpoints(IKplProducer producer, IngestLedger ledger, IOptions<KplHttpOptions> options)
{
    private static readonly byte[] AcceptedBody = [.. "{\"status\":\"accepted\"}"u8];

    /// <summary>Answers with the record's outcome.</summary>
    public async Task PutConfirmedAsync(HttpContext context)
    {
        var enqueued = await EnqueueAsync(context, Acknowledgement.Delivered);
        await WriteAsync(context, await enqueued.Delivery);
    }

    /// <summary>Answers when the record is in memory; a later failure is in the producer's log.</summary>
    public async Task PutAsync(HttpContext context)
    {
        var enqueued = await EnqueueAsync(context, Acknowledgement.Accepted);
        var result = await enqueued.Delivery;
        if (!result.IsSuccess)
        {
            await WriteAsync(context, result); // the memory limit was reached, and the mode is Drop
            return;
        }
        var response = context.Response;
        AnswerBuffer.Begin(response, StatusCodes.Status202Accepted, ContentType.Json);
        response.ContentLength = AcceptedBody.Length;
        await response.BodyWriter.WriteAsync(AcceptedBody);
    }

    private Task WriteAsync(HttpContext context, in RecordResult result) =>
        OutcomeAnswer.WriteAsync(context, result, result.IsSuccess || ToldDetail.IsOf(context, options.Value.DefaultStream));

    private async ValueTask<EnqueuedRecord> EnqueueAsync(HttpContext context, PutOptions ack)
    {
        if (ContentType.Read(context.Request) is not (ContentKind.Json or ContentKind.None))
            throw RequestRefusedException.WrongType($"'{context.Request.ContentType}' is not taken here; send {ContentType.Json}");
        using var body = await ReceivedBody.ReadAsync(context.Request, options.Value.MaxBodyBytes);
        context.Features.Get<QuotaTurn>()?.CountRecords(1);
        // No token from here on: a client that disconnects does not cancel its record.
        var enqueued = await producer.EnqueueAsync(options.Value.DefaultStream, RecordsReader.ReadOne(body.Memory), ack);
        ledger.Note(options.Value.DefaultStream);
        return enqueued;
    }
}
