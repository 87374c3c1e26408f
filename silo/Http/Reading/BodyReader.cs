using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Reads bodies within the limits of size, time and common memory.</summary>
internal sealed class BodyReader(BodyMemory memory, IOptions<KplHttpOptions> options, TimeProvider time)
{
    /// <summary>Reads a body to its end.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limit">The longest body in bytes; null for <see cref="KplHttpOptions.MaxBodyBytes"/>.</param>
    /// <exception cref="RequestRefusedException">The body is too long, too slow or compressed, or there is no memory for it now.</exception>
    public async ValueTask<ReceivedBody> ReadAsync(HttpRequest request, long? limit = null)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && !string.Equals(encoding.ToString(), "identity", StringComparison.OrdinalIgnoreCase))
            throw RequestRefusedException.WrongType($"Content-Encoding '{encoding}' is not taken; send the body as it is");

        // The limit is enforced here and not in the server, which would close the connection before the client has read the answer.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        var longest = limit ?? options.Value.MaxBodyBytes;
        if (request.ContentLength > longest)
            throw ReceivedBody.TooLarge(longest);

        var body = new ReceivedBody(memory, longest, options.Value.RetryAfter);
        using var slow = new BodyDeadline(options.Value.BodyTimeout, time);
        try
        {
            await body.FillAsync(request.BodyReader, request.ContentLength, slow);
            return body;
        }
        catch (OperationCanceledException) when (slow.IsOver)
        {
            body.Dispose();
            // What is left of the body is not waited for: the server would read it before the next request.
            request.HttpContext.Response.Headers.Connection = "close";
            throw new RequestRefusedException(StatusCodes.Status408RequestTimeout, HttpErrorCodes.SlowBody, string.Create(
                CultureInfo.InvariantCulture, $"the body did not come within {options.Value.BodyTimeout.TotalSeconds:0.###} s (Kpl:Http:BodyTimeout)"));
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }
}
