using System.Globalization;
using System.Text.Json.Nodes;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities.Access;

namespace Orleans.Kpl.Http.Identities.Sessions;

/// <summary>
/// <c>GET /v1/credentials</c>, where AWS's SDKs fetch credentials for a container: <c>AWS_CONTAINER_CREDENTIALS_FULL_URI</c>. A token or an API key
/// goes in, as <c>AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE</c> has it; an access key for half an hour comes out.
/// </summary>
internal sealed class CredentialsEndpoint(CallerGate gate, AccessKeys keys, SessionBudget budget, AuditTrail audit)
{
    public const string Path = "/v1/credentials";

    public async Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        // SDKs send the text of the file as the whole header, without a scheme.
        var answer = CallerCredential.Read(context.Request, isSchemeNeeded: false) is { } credential
            ? await gate.ProveAsync(context, credential)
            : CredentialAnswer.Refused(CallerCredential.DescribeFault(context.Request));
        if (!answer.IsKnown)
            await AccessRefusal.ChallengeAsync(context, answer);
        else if (answer.Identity.IsBanned)
            await AccessRefusal.ForbidAsync(context, answer.Identity.Id, AccessRefusal.Banned(answer.Identity.Id));
        else if (budget.Take(answer.Identity.Id) is { } refused)
            await ErrorAnswer.WriteAsync(context, refused);
        else
            await WriteAsync(context, answer.Identity);
    }

    private Task WriteAsync(HttpContext context, ClientIdentity identity)
    {
        var (session, token) = keys.Begin(identity);
        audit.NoteSession(context, session);
        return AdminBody.WriteAsync(context, new JsonObject
        {
            ["AccessKeyId"] = session.Id,
            ["SecretAccessKey"] = session.Secret,
            ["Token"] = token,
            ["Expiration"] = session.Expires.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        });
    }
}
