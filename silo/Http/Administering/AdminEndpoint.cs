using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Administering;

/// <summary>The common part of all admin endpoints: the line of the log, the access check, and the answers to failures.</summary>
internal sealed class AdminEndpoint(FailureAnswers failures, AdminAccess access, AuditTrail audit)
{
    public RequestDelegate Wrap(RequestDelegate endpoint, params IReadOnlyList<string> parameters)
    {
        RequestDelegate answered = context => AnswerAsync(context, endpoint, parameters);
        RequestDelegate told = context => failures.RunAsync(context, answered);
        // A page is no call. An application may have these paths below one of its own: they do not tell what is one.
        return parameters is [KnownQuery.Any] ? told : context => audit.TellAsync(context, told);
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate endpoint, IReadOnlyList<string> parameters)
    {
        if (access.FindObstacle(context) is { } obstacle)
            throw RequestRefusedException.Forbidden(obstacle);
        AuditTrail.NoteAdmitted(context);
        context.Response.Headers.CacheControl = "no-store";
        KnownQuery.Check(context.Request, parameters);
        try
        {
            await endpoint(context);
        }
        catch (StreamManagerException failed)
        {
            throw new RequestRefusedException(AdminStatus.Of(failed.Code), failed.Code, AdminStatus.Describe(failed));
        }
    }
}

/// <summary>Maps error codes to HTTP status codes.</summary>
internal static class AdminStatus
{
    public static int Of(string code) => code switch
    {
        StreamManagerErrorCodes.NotAdjacent or StreamManagerErrorCodes.KeyOutsideRange or StreamManagerErrorCodes.CannotBeSplit
            or StreamManagerErrorCodes.BadTarget or StreamManagerErrorCodes.TooManySteps or StreamManagerErrorCodes.InvalidPolicy
            or StreamManagerErrorCodes.InvalidChange or StreamManagerErrorCodes.PolicyNotAllowed or "ValidationException"
            or "InvalidArgumentException" => StatusCodes.Status400BadRequest,
        StreamManagerErrorCodes.NotAuthorized => StatusCodes.Status403Forbidden,
        StreamManagerErrorCodes.UnknownShard or StreamManagerErrorCodes.UnknownOperation
            or StreamManagerErrorCodes.UnknownDeadLetter or StreamManagerErrorCodes.UnknownFailure
            or RecordErrorCodes.ResourceNotFound => StatusCodes.Status404NotFound,
        StreamManagerErrorCodes.OperationRunning or StreamManagerErrorCodes.QuotaExceeded or StreamManagerErrorCodes.PolicyChanged
            or StreamManagerErrorCodes.StreamNotActive or StreamManagerErrorCodes.OnDemand or "ResourceInUseException"
            or "LimitExceededException" => StatusCodes.Status409Conflict,
        StreamManagerErrorCodes.IncompleteListing or StreamManagerErrorCodes.StateUnavailable
            or StreamManagerErrorCodes.ManagerUnavailable => StatusCodes.Status503ServiceUnavailable,
        // Kinesis rejected the call, or did not respond.
        _ => StatusCodes.Status502BadGateway,
    };

    /// <summary>Says between whom a connection failed: the reader of an answer has one of their own, to the tier.</summary>
    public static string Describe(StreamManagerException failed) =>
        failed.Code is RecordErrorCodes.ConnectionFailed or RecordErrorCodes.ConnectionLost or RecordErrorCodes.RequestTimeout
            ? $"the tier could not reach Kinesis: {failed.Message}"
            : failed.Message;
}
