using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.Http.Administering;

/// <summary>Maps error codes to HTTP status codes.</summary>
internal static class AdminStatus
{
    public static int Of(string code) => code switch
    {
        StreamManagerErrorCodes.NotAdjacent or StreamManagerErrorCodes.KeyOutsideRange or StreamManagerErrorCodes.CannotBeSplit
            or StreamManagerErrorCodes.BadTarget or StreamManagerErrorCodes.TooManySteps or StreamManagerErrorCodes.InvalidPolicy
            or StreamManagerErrorCodes.PolicyNotAllowed or "ValidationException" or "InvalidArgumentException" => StatusCodes.Status400BadRequest,
        StreamManagerErrorCodes.NotAuthorized => StatusCodes.Status403Forbidden,
        StreamManagerErrorCodes.UnknownShard or StreamManagerErrorCodes.UnknownOperation
            or StreamManagerErrorCodes.UnknownDeadLetter or StreamManagerErrorCodes.UnknownFailure
            or RecordErrorCodes.ResourceNotFound => StatusCodes.Status404NotFound,
        StreamManagerErrorCodes.OperationRunning or StreamManagerErrorCodes.QuotaExceeded
            or StreamManagerErrorCodes.StreamNotActive or StreamManagerErrorCodes.OnDemand or "ResourceInUseException" => StatusCodes.Status409Conflict,
        StreamManagerErrorCodes.IncompleteListing or StreamManagerErrorCodes.StateUnavailable
            or StreamManagerErrorCodes.ManagerUnavailable => StatusCodes.Status503ServiceUnavailable,
        // Kinesis rejected the call, or did not respond.
        _ => StatusCodes.Status502BadGateway,
    };
}
