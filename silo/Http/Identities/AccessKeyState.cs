namespace Orleans.Kpl.Http.Identities;

/// <summary>What is known of an access key.</summary>
public enum AccessKeyState
{
    /// <summary>The key is known and may be used.</summary>
    Found,

    /// <summary>No such key was ever handed out, or its session token is missing or is not of this tier.</summary>
    Unknown,

    /// <summary>The key was handed out for a while, and that is over.</summary>
    Expired,
}
