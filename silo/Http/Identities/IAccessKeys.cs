namespace Orleans.Kpl.Http.Identities;

/// <summary>The access keys that clients may sign with: those of the identities' file, and the short-lived ones of <c>/v1/credentials</c>.</summary>
public interface IAccessKeys
{
    /// <summary>Looks an access key up. It reads memory only, and never throws, whatever the text is.</summary>
    /// <param name="accessKeyId">The id that a signature names.</param>
    /// <param name="sessionToken">The value of <c>X-Amz-Security-Token</c>; null if the request has none.</param>
    AccessKeyLookup Find(string accessKeyId, string? sessionToken);
}
