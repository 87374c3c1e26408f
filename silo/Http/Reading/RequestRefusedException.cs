using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Rejects a whole request with an error.</summary>
internal sealed class RequestRefusedException(int statusCode, string code, string message) : Exception(message)
{
    public int StatusCode { get; } = statusCode;

    public string Code { get; } = code;

    public static RequestRefusedException BadRequest(string code, string message) =>
        new(StatusCodes.Status400BadRequest, code, message);

    public static RequestRefusedException TooLarge(string message) =>
        new(StatusCodes.Status413PayloadTooLarge, HttpErrorCodes.RequestTooLarge, message);

    public static RequestRefusedException WrongType(string message) =>
        new(StatusCodes.Status415UnsupportedMediaType, HttpErrorCodes.UnsupportedMediaType, message);
}
