using System.Text.Json;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Answers a request of one record with its outcome.</summary>
internal static class OutcomeAnswer
{
    /// <summary>
    /// Answers 200 with the record's position in its shard, 202 if the backlog will deliver it, 400 or 404 if the request was wrong,
    /// or 502 if the record was not delivered.
    /// </summary>
    /// <param name="isTold">Whether the caller may read AWS's own messages.</param>
    public static Task WriteAsync(HttpContext context, in RecordResult result, bool isTold)
    {
        using var answer = new AnswerBuffer();
        if (result.Status == RecordStatus.Delivered)
        {
            ResultWriter.WritePlace(answer, result);
            return answer.SendAsync(context.Response, StatusCodes.Status200OK, ContentType.Json);
        }

        using (var json = new Utf8JsonWriter(answer, AnswerBuffer.Json))
        {
            json.WriteStartObject();
            if (result.IsSuccess)
                WriteHeld(json, result);
            else
                WriteFailed(json, result, isTold);
            json.WriteEndObject();
        }
        return answer.SendAsync(context.Response, StatusOf(result), ContentType.Json);
    }

    /// <summary>Returns the status of a request whose one record failed; null where it did not.</summary>
    public static int? FailureOf(EnqueuedBatch? batch, IReadOnlyList<RecordError> errors) =>
        errors is [var error, ..] ? StatusOf(error.Code)
        : batch is not null && !batch.Results[0].IsSuccess ? StatusOf(batch.Results[0].ErrorCode)
        : null;

    private static int StatusOf(in RecordResult result) => result.IsSuccess ? StatusCodes.Status202Accepted : StatusOf(result.ErrorCode);

    private static int StatusOf(string? errorCode) =>
        errorCode == RecordErrorCodes.ResourceNotFound ? StatusCodes.Status404NotFound
        : RefusedRecord.IsCode(errorCode) ? StatusCodes.Status400BadRequest
        : StatusCodes.Status502BadGateway;

    private static void WriteHeld(Utf8JsonWriter json, in RecordResult result)
    {
        json.WriteString("status"u8, result.Status == RecordStatus.Persisted ? "persisted"u8 : "accepted"u8);
        json.WriteNumber("attempts"u8, result.AttemptCount);
    }

    private static void WriteFailed(Utf8JsonWriter json, in RecordResult result, bool isTold)
    {
        json.WriteString("error_code"u8, result.ErrorCode);
        json.WriteString("error_message"u8, ToldDetail.Message(isTold, result.ErrorCode, result.ErrorMessage));
        json.WriteNumber("attempts"u8, result.AttemptCount);
        json.WriteStartArray("history"u8);
        foreach (var attempt in result.Attempts)
        {
            json.WriteStartObject();
            json.WriteString("started_at"u8, attempt.StartedAt.UtcDateTime);
            json.WriteString("ended_at"u8, attempt.EndedAt.UtcDateTime);
            json.WriteString("error_code"u8, attempt.ErrorCode);
            json.WriteString("error_message"u8, ToldDetail.Message(isTold, attempt.ErrorCode, attempt.ErrorMessage));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}

/// <summary>Distinguishes errors of the caller from later failures.</summary>
internal static class RefusedRecord
{
    /// <summary>True for the codes of records that no Kinesis stream could ever accept.</summary>
    public static bool IsCode(string? code) => code is RecordErrorCodes.InvalidPartitionKey
        or RecordErrorCodes.InvalidExplicitHashKey
        or RecordErrorCodes.RecordTooLarge
        or RecordErrorCodes.InvalidStream
        or RecordErrorCodes.NotSupported
        or HttpErrorCodes.BadRequest
        or HttpErrorCodes.MissingPayload
        or HttpErrorCodes.MalformedJson;
}
