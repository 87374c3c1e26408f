using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.Kinesis.Answering;

/// <summary>Answers a whole request with an error, under the name that Kinesis has for it.</summary>
/// <param name="type">What <c>__type</c> says.</param>
/// <param name="statusCode">The status of the answer.</param>
internal sealed class FrontException(string type, string message, int statusCode = StatusCodes.Status400BadRequest) : Exception(message)
{
    public string Type { get; } = type;

    public int StatusCode { get; } = statusCode;
}
