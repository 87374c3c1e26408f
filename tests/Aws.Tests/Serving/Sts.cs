namespace Orleans.Kpl.Aws.Tests.Serving;

/// <summary>What STS answers.</summary>
internal static class Sts
{
    /// <summary>A server with which the caller may assume no role.</summary>
    public static WireServer Denying() => WireServer.Answering(403, Refusal("AccessDenied", "not authorized to perform: sts:AssumeRole"), "text/xml");

    /// <summary>A server that gives these credentials for any role.</summary>
    public static WireServer Giving(string id, DateTimeOffset end, string secret = "role-secret", string token = "role-token") =>
        WireServer.Answering(200, Assumed(id, end, secret, token), "text/xml");

    public static string Refusal(string code, string message) => $"""
        <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>
        <Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>
        """;

    public static string Assumed(string id, DateTimeOffset end, string secret = "role-secret", string token = "role-token") => $"""
        <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
        <Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken>
        <Expiration>{end.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}</Expiration></Credentials>
        <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/writer/x</Arn><AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser>
        </AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>
        """;
}
