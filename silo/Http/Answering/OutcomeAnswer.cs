using System.Text.Json.Nodes;
using Orleans.Kpl.Http.Administering;
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
        if (result.Status != RecordStatus.Delivered)
            return AdminBody.WriteAsync(context, result.IsSuccess ? Taken(result) : Failed(result, isTold), StatusOf(result));
        using var answer = new AnswerBuffer();
        ResultWriter.WritePlace(answer, result);
        return answer.SendAsync(context.Response, StatusCodes.Status200OK, ContentType.Json);
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

    private static JsonObject Taken(in RecordResult result) => new()
    {
        ["status"] = result.Status == RecordStatus.Persisted ? "persisted" : "accepted",
        ["attempts"] = result.AttemptCount,
    };

    private static JsonObject Failed(in RecordResult result, bool isTold) => new()
    {
        ["error_code"] = result.ErrorCode,
        ["error_message"] = ToldDetail.Message(isTold, result.ErrorCode, result.ErrorMessage),
        ["attempts"] = result.AttemptCount,
        ["history"] = result.Attempts.ToJson(attempt => new JsonObject
        {
            ["started_at"] = attempt.StartedAt.UtcDateTime,
            ["ended_at"] = attempt.EndedAt.UtcDateTime,
            ["error_code"] = attempt.ErrorCode,
            ["error_message"] = ToldDetail.Message(isTold, attempt.ErrorCode, attempt.ErrorMessage),
        }),
    };
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
