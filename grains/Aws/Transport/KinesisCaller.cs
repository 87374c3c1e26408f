using System.Formats.Cbor;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>
/// Makes one call: credentials, signature, request, answer. It tries again in three cases only: the service refused the signature and there
/// is a better time or newer credentials to sign with; it refused CBOR; or a host's name does not resolve and there is another host.
/// </summary>
internal sealed class KinesisCaller(
    HttpMessageInvoker http, StreamRoutes routes, CredentialSources credentials, RequestSigner signer, ServerClock clock, TimeProvider time)
{
    /// <summary>Is called once for each endpoint that refuses CBOR and accepts JSON.</summary>
    public Action<Uri, KinesisException>? CborRefused { get; init; }

    /// <summary>Is called with the service's time of each answer; null where nobody asks for it.</summary>
    public Action<DateTimeOffset>? DateSeen { get; set; }

    /// <summary>Makes the call and disposes of the request's body.</summary>
    /// <param name="stream">The stream, its role and the call's time limit.</param>
    public async ValueTask<T> CallAsync<T>(
        KinesisOperation operation, StreamTarget stream, StreamRoute route, RequestBody body, ReplyReaders<T> readers, CancellationToken cancellationToken)
    {
        using var given = body;
        cancellationToken.ThrowIfCancellationRequested();
        using var limit = new CallLimit(stream.RequestTimeout, time, cancellationToken);
        var call = new Call(operation, stream, route, body, limit, cancellationToken);
        try
        {
            return await CallAsync(call, readers).ConfigureAwait(false);
        }
        catch (KinesisException refusal) when (body.Format == WireFormat.Cbor && CborRefusal.IsOne(refusal))
        {
            using var json = body.InJson();
            var result = await CallAsync(call with { Body = json }, readers).ConfigureAwait(false);
            var endpoint = routes.EndpointFor(route, operation.Kind);
            if (endpoint.TryNoteCborRefused())
                CborRefused?.Invoke(endpoint.Address, refusal);
            return result;
        }
        catch (KinesisException failure) when (body.Format == WireFormat.Cbor && !routes.IsOfAws && CborRefusal.MayBeWhy(failure))
        {
            throw CborRefusal.Explain(failure);
        }
    }

    private async ValueTask<T> CallAsync<T>(Call call, ReplyReaders<T> readers)
    {
        var source = credentials.For(call.Stream);
        for (var again = false; ; again = true)
        {
            var keys = await GetCredentialsAsync(source, call).ConfigureAwait(false);
            var signedAt = clock.UtcNow;
            using var answer = await SendAsync(call, keys, signedAt).ConfigureAwait(false);
            if (answer.Status == HttpStatusCode.OK)
                return Read(call.Operation, answer, readers);

            var error = KinesisErrorAnswer.ToException(call.Operation, answer);
            if (again || !SignatureErrors.IsCorrectable(error.Code) || !await CanSignBetterAsync(source, call, keys, signedAt, answer).ConfigureAwait(false))
                throw error;
        }
    }

    private static T Read<T>(KinesisOperation operation, Answer answer, in ReplyReaders<T> readers)
    {
        try
        {
            return readers.Whole is { } whole ? whole(answer.Memory, answer.KeepBuffer) : readers.Read(answer.Memory);
        }
        catch (Exception e) when (
            e is JsonException or CborContentException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            throw CallFailure.FromAnswer(operation, answer, e);
        }
    }

    private async ValueTask<SigningCredentials> GetCredentialsAsync(ICredentialSource source, Call call)
    {
        try
        {
            return await source.GetAsync(call.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (call.Token.IsCancellationRequested && !call.CallerToken.IsCancellationRequested)
        {
            throw CallFailure.FromCredentials(call.Stream.RequestTimeout, credentials.DescriptionFor(call.Stream));
        }
        catch (OperationCanceledException) when (call.Token.IsCancellationRequested)
        {
            throw call.Ended(wasStarted: false);
        }
    }

    private async ValueTask<bool> CanSignBetterAsync(
        ICredentialSource source, Call call, SigningCredentials refused, DateTimeOffset signedAt, Answer answer)
    {
        try
        {
            return await SecondSignature.CanBeBetterAsync(clock, source, refused, signedAt, answer.Date, call.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (call.Token.IsCancellationRequested)
        {
            throw call.Ended(wasStarted: false);
        }
    }

    private async ValueTask<Answer> SendAsync(Call call, SigningCredentials keys, DateTimeOffset signedAt)
    {
        while (true)
        {
            var endpoint = routes.EndpointFor(call.Route, call.Operation.Kind);
            var content = new BodyContent(call.Body);
            call.Limit.Sending(content);
            try
            {
                using var request = MakeRequest(call, endpoint, content, keys, signedAt);
                using var response = await http.SendAsync(request, call.Token).ConfigureAwait(false);
                if (DateSeen is { } seen && response.Headers.Date is { } date)
                    seen(date);
                return await Answer.ReadAsync(response, call.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (
                e is HttpRequestException or IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                if (call.Token.IsCancellationRequested)
                    throw call.Ended(content.WasStarted);
                if (!CallFailure.IsNameResolution(e) || !routes.TryFallBack(endpoint))
                    throw CallFailure.FromConnection(e, content.WasStarted);
            }
            finally
            {
                await content.CloseAsync().ConfigureAwait(false);
            }
        }
    }

    private HttpRequestMessage MakeRequest(Call call, KinesisEndpoint endpoint, BodyContent content, SigningCredentials keys, DateTimeOffset signedAt)
    {
        var date = RequestSigner.FormatTime(signedAt);
        var mediaType = MediaTypes.Of(call.Body.Format);
        ReadOnlySpan<SignedHeader> headers = keys.SessionToken is { } token
            ? [new("content-type", mediaType), new("host", endpoint.Host), new("x-amz-date", date),
                new("x-amz-security-token", token), new("x-amz-target", call.Operation.Target)]
            : [new("content-type", mediaType), new("host", endpoint.Host), new("x-amz-date", date),
                new("x-amz-target", call.Operation.Target)];
        var toSign = new RequestToSign { Method = "POST", CanonicalPath = endpoint.CanonicalPath, Headers = headers, BodyHash = call.Body.Hash };

        var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Address)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = content,
        };
        request.Headers.Host = endpoint.Host;
        SignedHeaders.AddTo(request, headers, signer.Sign(toSign, keys, signedAt));
        return request;
    }

    /// <summary>The state that all tries of one call share.</summary>
    private sealed record Call(
        KinesisOperation Operation, StreamTarget Stream, StreamRoute Route, RequestBody Body, CallLimit Limit, CancellationToken CallerToken)
    {
        public CancellationToken Token => Limit.Token;

        /// <summary>Makes the exception for a call that was stopped by its caller or by its time limit.</summary>
        public Exception Ended(bool wasStarted) => CallerToken.IsCancellationRequested
            ? new OperationCanceledException(CallerToken)
            : CallFailure.FromTimeout(Stream.RequestTimeout, wasStarted);
    }
}

/// <summary>An operation of Kinesis' API, or of another service that speaks JSON 1.1.</summary>
internal sealed class KinesisOperation(string name, OperationKind kind, string service = "Kinesis_20131202")
{
    public string Name { get; } = name;

    public OperationKind Kind { get; } = kind;

    /// <summary>The value of <c>x-amz-target</c>.</summary>
    public string Target { get; } = service + "." + name;
}

/// <summary>Whether a call whose signature was refused is worth a second one.</summary>
internal static class SecondSignature
{
    /// <summary>Corrects the clock if it was off, else fetches new credentials; false if neither changed anything.</summary>
    /// <param name="clock">What the request was signed with.</param>
    /// <param name="source">Where its credentials came from.</param>
    /// <param name="refused">Its credentials.</param>
    /// <param name="signedAt">The time of its signature.</param>
    /// <param name="serverTime">The time that the answer told; null where it told none.</param>
    public static async ValueTask<bool> CanBeBetterAsync(
        ServerClock clock, ICredentialSource source, SigningCredentials refused, DateTimeOffset signedAt, DateTimeOffset? serverTime,
        CancellationToken cancellationToken)
    {
        if (serverTime is { } date && clock.TryLearn(date, signedAt))
            return true;
        return await source.ReplaceAsync(refused, cancellationToken).ConfigureAwait(false) is not null;
    }
}
