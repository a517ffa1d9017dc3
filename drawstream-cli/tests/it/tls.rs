//! Sources whose address begins with `wss://` use the one TLS that the program has.

#[tokio::test]
async fn a_socket_over_tls_fails_by_what_the_server_does_and_not_by_a_defect() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { drop(listener.accept().await) });
    // Two TLS providers in one program end in a panic here.
    assert!(tokio_tungstenite::connect_async(url).await.is_err());
}
