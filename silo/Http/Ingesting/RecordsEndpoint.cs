using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary><c>POST /streams/{stream}/records</c>: many records to a stream, or one raw record.</summary>
internal sealed class RecordsEndpoint(
    IKplProducer producer, IngestLedger ledger, BodyReader bodies, StreamGate streams, Acknowledgement levels, IOptions<KplHttpOptions> options)
{
    public const string StreamParameter = "stream";

    public async Task PutAsync(HttpContext context)
    {
        var stream = StreamOf(context);
        var ack = levels.Read(context.Request);
        var kind = RawRecord.IsMeant(context.Request.Headers) ? ContentKind.Other : ContentType.Read(context.Request);
        streams.Check(stream);

        IReadOnlyList<RecordError> errors;
        EnqueuedBatch? batch;
        using (var records = new RecordBuffer(options.Value.MaxRecords))
        using (var body = await bodies.ReadAsync(context.Request))
        {
            Read(context.Request, kind, body.Memory, records);
            errors = records.Errors;
            // Until all are accepted, a client that disconnects cancels them: it would send them again. Accepted ones go on.
            batch = records.Records.IsEmpty
                ? null
                : await producer.EnqueueAsync(stream, records.Records, Acknowledgement.Of(context, ack), context.RequestAborted);
        }
        if (batch is not null)
        {
            ledger.Note(stream);
            context.Features.Get<QuotaTurn>()?.CountRecords(batch.Count);
        }

        using (batch)
        {
            if (batch is not null)
                await batch.Delivery;
            var isTold = ToldDetail.IsOf(context, stream);
            if (batch is not null && RefusedStream.Find(batch.Results, isTold) is { } refused)
            {
                streams.Note(stream, refused.Code);
                throw refused;
            }

            var status = ReferenceEquals(ack, levels.Accepted) ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;
            await new BatchAnswer(batch, errors, kind, isTold).WriteAsync(context, status);
        }
    }

    private static string StreamOf(HttpContext context)
    {
        var stream = (string)context.GetRouteValue(StreamParameter)!;
        // The server decodes everything in a path except the slash, which an ARN contains.
        return stream.Contains('%', StringComparison.Ordinal) ? stream.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) : stream;
    }

    private static void Read(HttpRequest request, ContentKind kind, ReadOnlyMemory<byte> body, RecordBuffer records)
    {
        switch (kind)
        {
            case ContentKind.Json:
                RecordsReader.ReadArray(body, records);
                break;
            case ContentKind.Lines:
                RecordsReader.ReadLines(body, records, PayloadForm.JsonText);
                break;
            case ContentKind.Base64Lines:
                RecordsReader.ReadLines(body, records, PayloadForm.Base64);
                break;
            default:
                RawRecord.Read(request.Headers, body, records);
                break;
        }
    }
}
