namespace Orleans.Kpl.Http.Identities;

/// <summary>What an identity may do with a stream.</summary>
internal enum IdentityRole
{
    /// <summary>Put records.</summary>
    Produce,

    /// <summary>Look at a stream, but not at the data of its records.</summary>
    Status,

    /// <summary>Look at everything, and change shards, policy and dead letters.</summary>
    Administer,
}
