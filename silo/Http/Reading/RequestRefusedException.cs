using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Rejects a whole request with an error.</summary>
internal sealed class RequestRefusedException(int statusCode, string code, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public int StatusCode { get; } = statusCode;

    public string Code { get; } = code;

    /// <summary>When the client may try again; null where that would help nothing.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    public static RequestRefusedException BadRequest(string code, string message) =>
        new(StatusCodes.Status400BadRequest, code, message);

    public static RequestRefusedException Forbidden(string message) =>
        new(StatusCodes.Status403Forbidden, HttpErrorCodes.Forbidden, message);

    public static RequestRefusedException TooLarge(string message) =>
        new(StatusCodes.Status413PayloadTooLarge, HttpErrorCodes.RequestTooLarge, message);

    public static RequestRefusedException WrongType(string message) =>
        new(StatusCodes.Status415UnsupportedMediaType, HttpErrorCodes.UnsupportedMediaType, message);

    /// <summary>Nothing of the request was taken, and later there will be room for it.</summary>
    public static RequestRefusedException TooMany(string message, TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, HttpErrorCodes.TooManyRequests, $"{message}; nothing was taken", retryAfter);
}
