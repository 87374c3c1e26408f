using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary>Tells when a batch failed because of its stream, or of what was asked for, which is an error of the whole request.</summary>
internal static class RefusedStream
{
    /// <summary>The error, when no record was taken and at least one says that the stream is none or cannot do that; else null.</summary>
    public static RequestRefusedException? Find(ReadOnlySpan<RecordResult> results)
    {
        RequestRefusedException? refused = null;
        foreach (var result in results)
        {
            var isMissing = result.ErrorCode == RecordErrorCodes.ResourceNotFound;
            if (result.IsSuccess || !(isMissing || RefusedRecord.IsCode(result.ErrorCode)))
                return null;
            if (isMissing || result.ErrorCode is RecordErrorCodes.InvalidStream or RecordErrorCodes.NotSupported)
            {
                refused ??= new RequestRefusedException(
                    isMissing ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest, result.ErrorCode!, result.ErrorMessage ?? "");
            }
        }
        return refused;
    }
}
